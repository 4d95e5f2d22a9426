// A stand-in for model services, written by others, with a few answers to choose from by the question.
import {LLMock} from "@copilotkit/aimock";

const service = new LLMock({port: 0, chunkSize: 4, latency: 1});
service.onMessage(/plain/, {content: "Grüße, 世界 😀 and more."});
service.onMessage(/think/, {content: "Yes.", reasoning: "Let me see."});
service.onMessage(/tool/, {toolCalls: [{name: "find", arguments: '{"q":"é"}'}]});
service.onMessage(/limit/, {error: {message: "no", type: "rate_limit_error", code: "rate_limit_exceeded"}, status: 429});
service.onMessage(/key/, {error: {message: "no", type: "authentication_error", code: "invalid_api_key"}, status: 401});
service.onMessage(/cut/, {content: "an answer that is cut off in the middle"}, {truncateAfterChunks: 3});
await service.start();
console.log(service.url);
