import { spawnSync } from "node:child_process"
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "vitest"

const workflow = readFileSync(new URL("../../.github/workflows/openapi.yml", import.meta.url), "utf8")

describe("a change of OpenAI's OpenAPI document", () => {
  const step = (outcome: { readonly code: number; readonly issue?: string; readonly text?: string }) => {
    const folder = mkdtempSync(join(tmpdir(), "openapi-"))
    const [, script = ""] = /run: \|\n([\s\S]*)$/.exec(workflow) ?? []
    mkdirSync(join(folder, "bin"))
    for (const [name, lines] of [
      ["npm", [`printf '%s\\n' '${outcome.text ?? "+ GET /x"}'`, `exit ${outcome.code}`]],
      [
        "gh",
        [`echo "$@" >> "${folder}/calls"`, `if [ "$1 $2" = "issue list" ]; then echo "${outcome.issue ?? ""}"; fi`]
      ]
    ] as const) {
      writeFileSync(join(folder, "bin", name), ["#!/bin/sh", ...lines, ""].join("\n"))
      chmodSync(join(folder, "bin", name), 0o755)
    }
    writeFileSync(join(folder, "calls"), "")
    const env = {
      PATH: `${join(folder, "bin")}:/usr/bin:/bin`,
      RUNNER_TEMP: folder,
      GITHUB_WORKSPACE: folder,
      DOCUMENT: "d"
    }
    const { status } = spawnSync("bash", ["-e", "-c", script], { env })
    const calls = readFileSync(join(folder, "calls"), "utf8")
      .split("\n")
      .filter((line) => /^issue (create|edit)/.test(line))
    return { status, calls: calls.map((line) => line.split(" ").slice(0, 3).join(" ")) }
  }

  it("is reported in one issue; what cannot be compared fails", () => {
    assert.deepStrictEqual(step({ code: 0 }), { status: 0, calls: [] })
    assert.deepStrictEqual(step({ code: 3 }), { status: 0, calls: ["issue create --title"] })
    assert.deepStrictEqual(step({ code: 3, issue: "7" }), { status: 0, calls: ["issue edit 7"] })
    assert.deepStrictEqual(step({ code: 1 }), { status: 1, calls: [] })
    assert.match(workflow, /run: curl --fail .*"\$DOCUMENT"\n/)
  })
})
