/** What the fields for questions have in common. */

export const LONGEST = 32_000

/** Enter sends, Shift+Enter makes a line. An input method uses Enter to accept its suggestion; 229 is what older
 * Safari says of that. */
export function isSendingEnter(event: KeyboardEvent): boolean {
  return event.key === 'Enter' && !event.shiftKey && !event.isComposing && event.keyCode !== 229
}

/** As high as the text, up to the limit that the style sheet sets. */
export function fit(field: HTMLTextAreaElement): void {
  field.style.height = 'auto'
  field.style.height = `${field.scrollHeight}px`
}
