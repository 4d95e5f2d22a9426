/** Quellen und Belege, die Schublade, Dokumente und Uploads. */

import type { reader as english } from '../en/reader.ts'
import { say } from './say.ts'

const { number, percent, plural } = say

export const reader: typeof english = {
  foundSources: (n) => plural(n, { one: '# Stelle gefunden, nicht zitiert', other: '# Stellen gefunden, keine zitiert' }),
  otherSources: (n) => plural(n, { one: '# weitere gefunden, nicht zitiert', other: '# weitere gefunden, nicht zitiert' }),
  source: (n, title) => `Quelle ${n}: ${title}`,
  page: (n) => `Seite ${number(n)}`,
  imageAt: (host) => `Bild von ${host}`,

  passage: 'Stelle im Dokument',
  previousPassage: 'Vorige Quelle',
  nextPassage: 'Nächste Quelle',
  passageOf: (n, of) => `${number(n)} von ${number(of)}`,
  close: 'Schließen',
  openOriginal: 'Original öffnen',
  loadingDocument: 'Das Dokument wird geöffnet…',
  passageAlone: 'Das Dokument ist nicht mehr da. Dies ist die Stelle, wie die Antwort sie benutzt hat.',
  passageMoved: 'Das Dokument hat sich seither geändert. Dies ist die Stelle, wie die Antwort sie benutzt hat.',
  documentFailed: (message) => `Das Dokument lässt sich nicht zeigen. ${message}`,
  before: 'Zeigen, was davor steht',
  after: 'Zeigen, was danach steht',

  addFiles: 'Dateien hinzufügen',
  documents: 'Dokumente',
  documentsCount: (n) => plural(n, { one: '# Dokument', other: '# Dokumente' }),
  passagesCount: (n) => plural(n, { one: '# Stelle', other: '# Stellen' }),
  dropHere: 'Dateien hier ablegen, um sie deinen Dokumenten hinzuzufügen',
  dropHint: 'Text, Markdown, HTML, PDF, Word, PowerPoint, Excel, CSV, E-Mail, Quelltext',
  noSources: 'Noch keine Dokumente.',
  status: { pending: 'wartet', processing: 'wird gelesen', ready: 'bereit', error: 'nicht lesbar' },
  uploading: (share) => percent(share),
  uploadDone: 'Gesendet, wartet auf den Server',
  cancelUpload: (name) => `Upload von ${name} abbrechen`,
  dismissUpload: (name) => `${name} von der Liste nehmen`,
  retryUpload: 'Nochmals versuchen',
  removeSource: (title) => `${title} entfernen`,
  reallyRemove: 'Entfernen?',
  showDocuments: 'Dokumente darin zeigen',
}
