/** Prints what the page and the client weigh: raw, minified, compressed. With --gate, fails above the budgets. */

import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

import { rolldown } from 'rolldown'

import { build } from '../../widget/scripts/build.mjs'

const here = new URL('.', import.meta.url)
const page = new URL('../../../src/rivulet/web/assets/', here)

/** Kilobytes after gzip: what a first visit may load, and what the client may add to somebody's page. */
const BUDGETS = {
  'page scripts': 90, 'page styles': 15,
  client: 4, 'client shared': 4, 'client chat': 6, react: 8, vue: 8,
  'widget loader': 3, 'widget whole': 20,
}

const compressed = (bytes) => gzipSync(bytes, { level: 9 }).length

/** What a first visit loads: the files that index.html names, and those that they import. */
function firstVisit(suffix) {
  const html = readFileSync(new URL('../index.html', page), 'utf8')
  const names = new Set([...html.matchAll(/assets\/([\w.-]+)/g)].map(([, name]) => name))
  for (const name of names) {
    if (!name.endsWith('.js')) continue
    const code = readFileSync(new URL(name, page), 'utf8')
    for (const [, imported] of code.matchAll(/(?:from|import)\s*["']\.\/([\w.-]+)["']/g)) names.add(imported)
  }
  const files = [...names].filter((name) => name.endsWith(suffix)).map((name) => readFileSync(new URL(name, page)))
  return { minified: sum(files.map((file) => file.length)), gzip: sum(files.map(compressed)) }
}

/** With everything it loads at once, but not the framework that its user has. */
async function bundled(entry) {
  const bundle = await rolldown({
    input: new URL(`../../${entry}`, here).pathname, external: ['react', 'vue'], resolve: { conditionNames: ['source', 'import'] },
  })
  const [raw, small] = await Promise.all([bundle.generate({ format: 'esm' }), bundle.generate({ format: 'esm', minify: true })])
  const code = ({ output: [entry, ...others] }) => {
    const atOnce = others.filter(({ fileName }) => entry.imports.includes(fileName))
    return Buffer.from([entry, ...atOnce].map(({ code }) => code).join('\n'))
  }
  return { raw: code(raw).length, minified: code(small).length, gzip: compressed(code(small)) }
}

async function widget() {
  const { 'w.js': loader, ...rest } = await build()
  const of = (files) => ({ minified: sum(files.map((file) => file.length)), gzip: sum(files.map((file) => compressed(Buffer.from(file)))) })
  return { 'widget loader': of([loader]), 'widget whole': of([loader, ...Object.values(rest)]) }
}

const sum = (numbers) => numbers.reduce((total, one) => total + one, 0)

const found = {
  'page scripts': firstVisit('.js'), 'page styles': firstVisit('.css'),
  client: await bundled('client/src/index.ts'), 'client shared': await bundled('client/src/shared.ts'),
  'client chat': await bundled('client/src/chat.ts'), react: await bundled('react/src/index.ts'), vue: await bundled('vue/src/index.ts'),
  ...(await widget()),
}
const kilobytes = (bytes) => (bytes === undefined ? '' : (bytes / 1000).toFixed(1)).padStart(9)
console.log(`${''.padEnd(14)}${['raw', 'minified', 'gzip', 'budget'].map((head) => head.padStart(9)).join('')}   (kB)`)
for (const [name, { raw, minified, gzip }] of Object.entries(found)) {
  console.log(`${name.padEnd(14)}${kilobytes(raw)}${kilobytes(minified)}${kilobytes(gzip)}${String(BUDGETS[name]).padStart(9)}`)
}
const heavy = Object.keys(BUDGETS).filter((name) => found[name].gzip > BUDGETS[name] * 1000)
if (heavy.length) console.log(`above budget: ${heavy.join(', ')}`)
if (process.argv.includes('--gate') && heavy.length) process.exitCode = 1
