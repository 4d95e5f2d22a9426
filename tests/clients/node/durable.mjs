// Durable Streams' own client: what there is, and what comes, from an offset on.
import {stream} from "@durable-streams/client";

// It takes up again by itself what ended early; a connection that broke it reports, and is asked again.
export async function read({base, turnId, offset = "-1", live}) {
  const items = [];
  let session, broken = 0;
  do {
    try {
      const url = `${base}/v1/turns/${turnId}/durable`;
      session = await stream({url, offset: session?.offset ?? offset, live});
      if (live === false) items.push(...(await session.json()));
      else for await (const item of session.jsonStream()) items.push(item);
    } catch (problem) {
      if (!session || ++broken > 50) throw problem;
    }
  } while (live !== false && !session.streamClosed);
  return {items, offset: session.offset, closed: session.streamClosed, broken};
}
