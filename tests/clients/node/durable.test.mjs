// The conformance suite of Durable Streams, for vitest; CONFORMANCE_TEST_URL is where.
import {runConformanceTests} from "@durable-streams/server-conformance-tests";

runConformanceTests({baseUrl: process.env.CONFORMANCE_TEST_URL});
