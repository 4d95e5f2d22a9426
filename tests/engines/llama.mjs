// llama.cpp with the model file it is given, behind the Chat Completions wire format.
// GET /said tells what it has said and how often it was left.
import {createServer} from "node:http";
import {getLlama, LlamaCompletion} from "node-llama-cpp";

// One thread: several would wait for each other by spinning, and take the machine from the other tests.
const llama = await getLlama({gpu: false, build: "never", maxThreads: 1, progressLogs: false, logLevel: "error"});
const model = await llama.loadModel({modelPath: process.argv[2]});
const context = await model.createContext({contextSize: 2048, sequences: 4, threads: 1});
const said = {texts: [], left: 0, tokens: 0};

async function complete(request, response) {
    let body = "";
    for await (const read of request) body += read;
    const asked = JSON.parse(body);
    const leaving = new AbortController();
    let hasEnded = false;
    response.on("close", () => {
        if (hasEnded) return;
        said.left += 1;
        leaving.abort();
    });
    response.writeHead(200, {"content-type": "text/event-stream"});
    const send = (choices, more = {}) => response.write(
        `data: ${JSON.stringify({object: "chat.completion.chunk", model: asked.model, choices, ...more})}\n\n`
    );
    const sequence = context.getSequence();
    const completion = new LlamaCompletion({contextSequence: sequence});
    let text = "";
    let tokens = 0;
    try {
        const {metadata} = await completion.generateCompletionWithMeta(asked.messages.at(-1).content, {
            maxTokens: asked.max_tokens,
            temperature: 1,
            seed: 7,
            signal: leaving.signal,
            onTextChunk(piece) {
                text += piece;
                tokens += 1;
                said.tokens += 1;
                send([{index: 0, delta: {content: piece}, finish_reason: null}]);
            },
        });
        const reason = metadata.stopReason === "maxTokens" ? "length" : "stop";
        send([{index: 0, delta: {}, finish_reason: reason}]);
        send([], {usage: {prompt_tokens: 1, completion_tokens: tokens, total_tokens: tokens + 1}});
        said.texts.push(text);
        hasEnded = true;
        response.end("data: [DONE]\n\n");
    } catch (problem) {
        if (!leaving.signal.aborted) throw problem;
    } finally {
        completion.dispose();
        sequence.dispose();
    }
}

const server = createServer(async (request, response) => {
    if (request.method === "POST") return complete(request, response);
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(said));
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
