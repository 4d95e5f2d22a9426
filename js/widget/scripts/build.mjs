/** Builds the widget: `w.js`, which pages name, and the panel, which it fetches under the hash of its content. */

import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'

import { rolldown } from 'rolldown'

const here = new URL('..', import.meta.url).pathname
const out = process.env.RIVULET_WEB_OUT ?? `${here}dist`

const minifiedCss = {
  name: 'css as text',
  load(id) {
    if (!id.endsWith('.css')) return null
    const css = readFileSync(id, 'utf8').replace(/\s+/g, ' ').replace(/\s*([{};,>])\s*/g, '$1').replace(/: /g, ':').replaceAll(';}', '}')
    return { code: `export default ${JSON.stringify(css.trim())}`, moduleType: 'js' }
  },
}

/** What a module would fetch later is in the one file already: as a part of it, without what fetching brings along. */
const LATER = /\bimport\('(\.\/[\w-]+\.ts)'\)\.then\(\(\{ (\w+) \}\)/g
const oneFile = {
  name: 'imports at once',
  transform(code) {
    const found = [...code.matchAll(LATER)].map(([, file, name]) => `import { ${name} } from '${file}'\n`)
    return found.length ? found.join('') + code.replace(LATER, 'Promise.resolve({ $2 }).then(({ $2 })') : null
  },
}

async function bundle(entry, format) {
  const made = await rolldown({ input: `${here}src/${entry}`, plugins: [minifiedCss, oneFile], resolve: { conditionNames: ['source', 'import', 'default'] } })
  const { output } = await made.generate({ format, minify: true, codeSplitting: false })
  // The minifier leaves its own notes.
  return output[0].code.replaceAll('/* @__PURE__ */ ', '')
}

export async function build() {
  const panel = await bundle('panel.ts', 'es')
  const hash = (encoding) => createHash('sha256').update(panel).digest(encoding)
  const file = `widget/panel-${hash('base64url').slice(0, 8)}.js`
  const loader = (await bundle('loader.ts', 'iife'))
    .replaceAll('PANEL_FILE', JSON.stringify(file))
    .replaceAll('PANEL_HASH', JSON.stringify(`sha256-${hash('base64')}`))
  return { 'w.js': loader, [file]: panel }
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  rmSync(`${out}/widget`, { recursive: true, force: true })
  mkdirSync(`${out}/widget`, { recursive: true })
  for (const [name, code] of Object.entries(await build())) writeFileSync(`${out}/${name}`, code)
}
