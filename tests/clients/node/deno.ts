/** Our client in Deno, in the program itself or, with `worker` as the second argument, in a worker of it. */

import { createClient } from '../../../js/client/src/index.ts'

const scope = self as unknown as { postMessage?: (told: unknown) => void; onmessage: ((event: MessageEvent) => void) | null }

async function followed(baseUrl: string) {
  const turn = await createClient({ baseUrl }).turns.create({ input: 'Why?' })
  const numbers: number[] = []
  for await (const event of turn) numbers.push(event.seq)
  return { id: turn.id, text: (await turn.final()).text, numbers }
}

if (scope.postMessage) {
  scope.onmessage = async ({ data }) => scope.postMessage?.(await followed(data))
} else if (Deno.args[1] === 'worker') {
  const worker = new Worker(import.meta.url, { type: 'module' })
  worker.onmessage = ({ data }) => {
    console.log(JSON.stringify(data))
    worker.terminate()
  }
  worker.postMessage(Deno.args[0])
} else {
  console.log(JSON.stringify(await followed(Deno.args[0] ?? '')))
}
