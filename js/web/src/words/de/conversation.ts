/** Der Rahmen der Seite, die Chats, Fragen und Antworten. */

import type { conversation as english } from '../en/conversation.ts'
import { say } from './say.ts'

const { number, plural } = say

export const conversation: typeof english = {
  product: 'Rivulet',
  skip: 'Zur Frage springen',

  newChat: 'Neuer Chat',
  chats: 'Chats',
  noChats: 'Hier stehen später deine Chats.',
  olderChats: 'Ältere Chats zeigen',
  earlierMessages: 'Frühere Nachrichten zeigen',
  today: 'Heute',
  yesterday: 'Gestern',
  thisWeek: 'Früher in dieser Woche',
  older: 'Älter',
  answering: 'antwortet gerade',
  deleteChat: (title) => `„${title}“ löschen`,
  reallyDelete: 'Löschen?',
  openMenu: 'Liste der Chats öffnen',
  closeMenu: 'Liste der Chats schließen',

  greeting: 'Was möchtest du wissen?',
  greetingBody: (documents) =>
    plural(documents, {
      one: 'Die Antworten stammen aus # Dokument und zeigen die Stellen, auf denen sie beruhen.',
      other: 'Die Antworten stammen aus # Dokumenten und zeigen die Stellen, auf denen sie beruhen.',
    }),
  greetingEmpty: 'Erst Dokumente hinzufügen, dann fragen',
  away: 'Der Server ist gerade nicht verfügbar',
  awayBody: 'Er wird alle paar Sekunden wieder gefragt. Sobald er antwortet, geht es von selbst weiter.',
  greetingEmptyBody: 'Zieh Dateien irgendwo auf diese Seite. Sie bleiben auf diesem Server.',

  ask: 'Frag deine Dokumente',
  askLabel: 'Deine Frage',
  send: 'Senden',
  stop: 'Anhalten',
  stopping: 'Wird angehalten…',
  model: 'Modell',
  stillAnswering: 'Die Antwort läuft noch. Dein Text bleibt stehen; Esc hält sie an.',
  tooLong: (length) => `${number(length)} von ${number(32_000)} Zeichen: bitte kürzer fragen.`,

  conversation: 'Gespräch',
  you: 'Deine Frage',
  stages: {
    queued: 'Wartet auf die Antwort davor',
    routing: 'Wählt, wie geantwortet wird',
    condensing: 'Liest die Frage im Zusammenhang',
    retrieval: 'Durchsucht deine Dokumente',
    reranking: 'Wägt die Funde ab',
    generation: 'Schreibt die Antwort',
    waiting: 'Wartet auf das Modell',
    tool: 'Benutzt ein Werkzeug',
  },
  sending: 'Wird gesendet',
  answeringNow: 'Antwortet',
  answerComplete: (words, sources) =>
    `Antwort fertig, ${plural(words, { one: '# Wort', other: '# Wörter' })}, ${plural(sources, { one: '# Quelle', other: '# Quellen' })}.`,
  answerStopped: 'Angehalten.',
  answerFailed: (message) => `Die Antwort ist misslungen. ${message}`,
  reasoning: 'Überlegungen',
  thinking: 'Denkt nach…',
  toolStatus: { running: 'läuft', completed: 'fertig', failed: 'misslungen', cancelled: 'angehalten' },
  toolInput: 'Eingabe',
  toolOutput: 'Ausgabe',

  stopped: 'Angehalten. Was geschrieben war, bleibt.',
  stoppedEmpty: 'Angehalten, bevor etwas geschrieben war.',
  incomplete: 'Die Antwort endete an einer Grenze.',
  nothing: 'Das Modell hat nichts geschrieben.',
  copy: 'Kopieren',
  copied: 'Kopiert',
  copyAnswer: 'Antwort kopieren',
  askAgain: 'Noch einmal fragen',
  details: 'Einzelheiten',

  facts: {
    duration: 'Dauer',
    firstWord: 'Erstes Wort nach',
    speed: 'Tempo',
    tokens: 'Tokens',
    tokensOf: (read, written) => `${number(read)} hinein, ${number(written)} heraus`,
    perSecond: (tokens) => `${number(tokens)} Tokens/s`,
    cost: 'Kosten',
    support: 'Von den Quellen gedeckt',
  },

  failed: 'Diese Antwort konnte nicht fertig werden',
  notSent: 'Deine Frage konnte nicht gesendet werden',
  retry: 'Nochmals versuchen',
  copyDetails: 'Angaben kopieren',
  code: 'Code',
  request: 'Anfrage',
  turn: 'Zug',

  reconnecting: 'Verbindet sich neu…',
  offline: 'Wartet auf das Netz',
  loadFailed: (message) => `Dieser Chat lässt sich nicht zeigen. ${message}`,
  latest: 'Neueste',
  latestLabel: 'Zur neuesten Antwort',

  keyTitle: 'Dieser Server verlangt einen Schlüssel',
  keyBody: 'Es ist der Wert von RIVULET_API_KEY auf dem Server. Dieser Tab merkt ihn sich, bis du ihn schließt; er geht nur an diesen Server.',
  keyLabel: 'Schlüssel',
  keyWrong: 'Der Server nimmt diesen Schlüssel nicht an.',
  keyContinue: 'Weiter',

  unexpected: 'Auf dieser Seite ist etwas schiefgegangen.',
}
