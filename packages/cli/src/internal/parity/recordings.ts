/** Recordings: loaded by the commands that write or read one, since the words of the API take memory. */
export { type Recording, read } from "./grammar.ts"
export { recordOf, textOf } from "./record.ts"
export { comparable, differencesOf } from "./replay.ts"
