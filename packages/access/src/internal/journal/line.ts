import * as Schema from "effect/Schema"
import { Entry } from "./model.ts"

const encode = Schema.encodeSync(Schema.parseJson(Entry))

/** An entry as a line of JSON, without control characters. */
export const toLine = (entry: Entry): string =>
  `${encode(entry).replace(/[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`)}\n`
