import { visibleJson } from "@checkpoint-permissions/access/TerminalText"

/** A value as one line of JSON that a terminal and a log may have too. */
export const jsonLine = (value: unknown): string => `${visibleJson(JSON.stringify(value))}\n`

/** Takes the colours out again. */
export const withoutColors = (text: string): string => text.replace(/\p{Cc}\[[0-9;]*m/gu, "")
