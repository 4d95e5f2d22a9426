/** The page's frame, the chats, questions and answers. */

import { say } from './say.ts'

const { number, plural } = say

/** By the names of the protocol; a graph's own stages have names of their own. */
const stages = {
  queued: 'Waiting for the answer before',
  routing: 'Choosing how to answer',
  condensing: 'Reading the question in its context',
  retrieval: 'Searching your documents',
  reranking: 'Weighing what was found',
  generation: 'Writing the answer',
  waiting: 'Waiting for the model',
  tool: 'Using a tool',
}

export const conversation = {
  product: 'Rivulet',
  skip: 'Skip to the question',

  newChat: 'New chat',
  chats: 'Chats',
  noChats: 'Your chats will be listed here.',
  olderChats: 'Show older chats',
  earlierMessages: 'Show earlier messages',
  today: 'Today',
  yesterday: 'Yesterday',
  thisWeek: 'Earlier this week',
  older: 'Older',
  answering: 'answering',
  deleteChat: (title: string) => `Delete “${title}”`,
  reallyDelete: 'Delete?',
  openMenu: 'Open the list of chats',
  closeMenu: 'Close the list of chats',

  greeting: 'What would you like to know?',
  greetingBody: (documents: number) =>
    plural(documents, {
      one: 'Answers come from # document, with the passages they rest on.',
      other: 'Answers come from # documents, with the passages they rest on.',
    }),
  greetingEmpty: 'Add documents, then ask about them',
  away: 'The server is not available right now',
  awayBody: 'It is asked again every few seconds. This page goes on by itself as soon as there is an answer.',
  greetingEmptyBody: 'Drop files anywhere on this page. They stay on this server.',

  ask: 'Ask about your documents',
  askLabel: 'Your question',
  send: 'Send',
  stop: 'Stop',
  stopping: 'Stopping…',
  model: 'Model',
  stillAnswering: 'Still answering. Your text is kept; press Esc to stop.',
  tooLong: (length: number) => `${number(length)} of ${number(32_000)} characters: please shorten the question.`,

  conversation: 'Conversation',
  you: 'You asked',
  stages: stages as typeof stages & Record<string, string>,
  sending: 'Sending',
  answeringNow: 'Answering',
  answerComplete: (words: number, sources: number) =>
    `Answer complete, ${plural(words, { one: '# word', other: '# words' })}, ${plural(sources, { one: '# source', other: '# sources' })}.`,
  answerStopped: 'Stopped.',
  answerFailed: (message: string) => `The answer failed. ${message}`,
  reasoning: 'Reasoning',
  thinking: 'Thinking…',
  toolStatus: { running: 'running', completed: 'done', failed: 'failed', cancelled: 'stopped' },
  toolInput: 'Input',
  toolOutput: 'Output',

  stopped: 'Stopped. What was written is kept.',
  stoppedEmpty: 'Stopped before anything was written.',
  incomplete: 'The answer ended at a limit.',
  nothing: 'The model ended without writing anything.',
  copy: 'Copy',
  copied: 'Copied',
  copyAnswer: 'Copy the answer',
  askAgain: 'Ask again',
  details: 'Details',

  facts: {
    duration: 'Took',
    firstWord: 'First word after',
    speed: 'Speed',
    tokens: 'Tokens',
    tokensOf: (read: number, written: number) => `${number(read)} in, ${number(written)} out`,
    perSecond: (tokens: number) => `${number(tokens)} tokens/s`,
    cost: 'Cost',
    support: 'Borne out by its sources',
  },

  failed: 'This answer could not be finished',
  notSent: 'Your question could not be sent',
  retry: 'Retry',
  copyDetails: 'Copy details',
  code: 'Code',
  request: 'Request',
  turn: 'Turn',

  reconnecting: 'Reconnecting…',
  offline: 'Waiting for the network',
  loadFailed: (message: string) => `This chat cannot be shown. ${message}`,
  latest: 'Latest',
  latestLabel: 'Go to the latest answer',

  keyTitle: 'This server needs a key',
  keyBody: 'It is the value of RIVULET_API_KEY on the server. This tab remembers it until you close it; it is sent to this server only.',
  keyLabel: 'Key',
  keyWrong: 'The server does not accept this key.',
  keyContinue: 'Continue',

  unexpected: 'Something went wrong in this page.',
}
