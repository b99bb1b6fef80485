import { readdirSync, readFileSync } from "node:fs"
import { behavior } from "@checkpoint-permissions/fake"
import { assert, describe, it } from "vitest"
import { errors, others } from "../src/internal/errors.ts"
import { field } from "./support.ts"

const file = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8")

const rows: ReadonlyArray<Readonly<Record<string, unknown>>> = file("../evidence.jsonl")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line))

const idsOf = (kind: string) => rows.filter(({ of }) => of === kind).map(({ id }) => String(id))

const sources = readdirSync(new URL("../src", import.meta.url), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => ({ path, text: file(`../src/${path}`) }))

describe("the evidence of the fake", () => {
  it("has a row for each setting, each part of a rate, and each error text", () => {
    const rate = sources.find(({ path }) => path === "internal/behavior.ts")?.text ?? ""
    const [, parts = ""] = /export interface Rate<D = number> \{([\s\S]*?)\n\}/.exec(rate) ?? []
    assert.deepStrictEqual(idsOf("setting"), Object.keys(behavior.defaults))
    assert.sameMembers(
      idsOf("rate"),
      Array.from(parts.matchAll(/readonly (\w+)\??:/g), ([, name = ""]) => name)
    )
    assert.sameMembers(idsOf("error"), [...Object.keys(errors), ...Object.keys(others)])
  })

  it("says where each claim is from and when it was found, and what a user notices if it is wrong", () => {
    const grades = ["recorded", "measured", "documented", "mock", "assumed", "choice"]
    for (const { claim, grade, if_wrong, of, id, source } of rows) {
      const name = `${of} ${id}`
      assert.include(grades, grade, name)
      assert.match(String(claim), /\S/, name)
      const isChoice = grade === "choice"
      assert.match(String(source), isChoice ? /^$/ : /\b20\d\d-[01]\d\b/, name)
      assert.strictEqual(String(if_wrong) === "", isChoice, name)
    }
    assert.strictEqual(new Set(rows.map(({ id, of }) => `${of} ${id}`)).size, rows.length)
  })

  it("names errors by their codes", () => {
    for (const [key, of] of Object.entries(errors)) {
      const error: unknown = Reflect.apply(of, undefined, ["x", "y", "z"])
      assert.strictEqual(field(error, "code") ?? "none", key.split("/")[0], key)
    }
  })

  it("covers all texts: no other module makes an error of the API", () => {
    // what the API does not have: the routes that control a fake
    const own = ["internal/control/guard.ts", "emulator.ts", "http.ts", "internal/errors.ts"]
    const made = sources.flatMap(({ path, text }) =>
      own.includes(path)
        ? []
        : Array.from(
            text
              .replaceAll(/^\s*(?:\/\*)?\*.*$/gm, "")
              .matchAll(/errorReply\(\s*\d.*|Refusal\(\s*\d.*|\bmessage\s*[:=]\s*["`].*/g),
            ([found]) => `${path}: ${found}`
          )
    )
    assert.deepStrictEqual(made, [])
  })
})
