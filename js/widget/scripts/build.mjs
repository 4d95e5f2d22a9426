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

async function bundle(entry, format) {
  const made = await rolldown({ input: `${here}src/${entry}`, plugins: [minifiedCss], resolve: { conditionNames: ['source', 'import', 'default'] } })
  const { output } = await made.generate({ format, minify: true, codeSplitting: false })
  return output[0].code
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
