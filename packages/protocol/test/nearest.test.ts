import { assert, it } from "vitest"
import { nearest } from "../src/nearest.ts"

const commands = ["list", "grant", "revoke", "plan", "apply", "audit"]
const long = "a".repeat(64)

it.each<[word: string, known: ReadonlyArray<string>, meant: string | undefined]>([
  ["lsit", commands, "list"],
  ["LIST", commands, "list"],
  ["rvoke", commands, "revoke"],
  ["aplly", commands, "apply"],
  ["aduit", commands, "audit"],
  ["frobnicate", commands, undefined],
  ["", commands, undefined],
  // digits tell names from each other
  ["group-12", ["group-31", "group-13"], "group-13"],
  ["abcdefxhi", ["abcdefghi", "abcdefxyz"], "abcdefghi"],
  ["abcdefxhi", ["abcdefxyz", "abcdefghi"], "abcdefghi"],
  // a third may differ
  ["apiurlxx", ["apiUrl"], "apiUrl"],
  ["apiurlxxx", ["apiUrl"], undefined],
  ["iurl", ["apiUrl"], "apiUrl"],
  ["url", ["apiUrl"], undefined],
  ["xxiUrl", ["apiUrl"], "apiUrl"],
  ["xxxUrl", ["apiUrl"], undefined],
  [`${long.slice(1)}b`, [long], long],
  [`${long}b`, [long], undefined]
])("the nearest name of %j among %j is %j", (word, known, meant) => {
  assert.strictEqual(nearest(word, known), meant)
})
