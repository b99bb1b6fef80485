/** Takes the key out of a text. */
export type Redact = (text: string) => string
