import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { behavior } from "@checkpoint-permissions/fake"
import { Emulator } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { withoutColors } from "../src/internal/terminal/style.ts"
import { cli, exits } from "./support/inProcess.ts"
import { live, test } from "./support/test.ts"
import { type Folder, folder, world } from "./support/world.ts"

const seed = fileURLToPath(new URL("../../../docs/seeds/organization.json", import.meta.url))
const triage = "ft:gpt-4o-mini-2024-07-18:acme:triage:D9T1XmSf"
const secret = "sk-proj-T3st+K3y"

const keyFile = (home: Folder, text: string, mode = 0o600): string => {
  const path = home.write("keys", text)
  home.chmod("keys", mode)
  return path
}

const discover = (...args: ReadonlyArray<string>) => cli(["discover", "--fake", "--seed-file", seed, ...args])

describe("discover", () => {
  live("shows and saves checkpoints, owners, projects and retirement, with their sources", function* () {
    const home = yield* folder
    const keys = keyFile(home, `# two of twelve\nproj_data=${secret}\nproj_research = ${secret}\n\n`)
    const out = home.at("inventory.json")
    const args = ["discover", "--fake", "--seed-file", seed, "--project-keys", keys, "--out", out]
    const { stderr, stdout } = yield* exits(0, cli(args, { terminal: true, columns: 200 }))
    const text = withoutColors(stdout)
    assert.match(text, /^CHECKPOINT +OWNER +PROJECTS +RETIRES +KNOWN BY\n/)
    assert.match(text, /^ft:\S+:triage:D9T1XmSf +Data platform +Safety, Support +2026-12-31 +log, job, model$/m)
    assert.match(text, /^ft:\S+:weather:B7R9VjQd +Research +Labs \(archived\), Mobile app, Search, Support +2027/m)
    assert.match(text, /^5 checkpoints: log since \d{4}-\d\d-\d\d, 2 of 12 projects with a key\.$/m)
    assert.match(text, /^10 projects: no working key, checkpoints known only from the audit log\.$/m)
    const saved = home.read("inventory.json")
    for (const text of [stdout, stderr, saved]) assert.notInclude(text, secret)
    const { checkpoints, projects } = JSON.parse(saved)
    const found = checkpoints.find((one: { checkpoint: string }) => one.checkpoint === triage)
    assert.deepStrictEqual([found.owner, found.ownerSource, projects.list.length], ["proj_data", "job", 12])
    // the ids alone are taken from it
    const audit = yield* exits(0, cli(["audit", "--fake", "--seed-file", seed, "--from", out, "--json"]))
    assert.strictEqual(JSON.parse(audit.stdout).rows.length, 5)
  })

  live("runs the commands of its page", function* () {
    const home = yield* folder
    const docs = fileURLToPath(new URL("../../../docs/", import.meta.url))
    keyFile(home, readFileSync(`${docs}seeds/keys`, "utf8"))
    const page = readFileSync(`${docs}organization.md`, "utf8")
    for (const [, command = ""] of page.matchAll(/^checkpoint-permissions (.*)$/gm)) {
      const args = command
        .split(" ")
        .map((word) => (/^[a-z]+\.(json|html)$|^keys$/.test(word) ? home.at(word) : word.replace(/^docs\//, docs)))
      const { stdout } = yield* exits(
        args[0] === "drift" ? 3 : 0,
        cli([...args, "--fake", "--seed-file", seed], { terminal: true, columns: 200 })
      )
      const [first = "", second = ""] = withoutColors(stdout).split("\n\n")
      if (args[0] === "drift") assert.include(page, second)
      else if (args[0] !== "history") assert.include(page, first.split("\n").slice(0, 2).join("\n"))
    }
  })

  live("prints tab-separated lines in a pipe, and the sources beside them", function* () {
    const { stderr, stdout } = yield* exits(0, discover())
    const lines = stdout.trimEnd().split("\n")
    assert.strictEqual(lines.length, 5)
    for (const line of lines) assert.strictEqual(line.split("\t").length, 6)
    assert.include(stdout, `${triage}\t\tproj_safety,proj_support\t\tlog\tgpt-4o-mini-2024-07-18\n`)
    assert.match(stderr, /^5 checkpoints: log since \d{4}-\d\d-\d\d$/m)
  })

  live("shows checkpoints that retire soon, and counts those without a date", function* () {
    const home = yield* folder
    const keys = keyFile(home, `proj_data=${secret}\n`)
    const { stderr, stdout } = yield* discover("--project-keys", keys, "--retiring", "36500d")
    assert.include(stdout, triage)
    assert.notInclude(stdout, ":forecast:")
    assert.match(stderr, /^discover: \d checkpoints? not shown: retirement date unknown$/m)
  })

  live("warns of a key file that others may read, and refuses an invalid line, without printing it", function* () {
    const home = yield* folder
    const open = yield* exits(0, discover("--project-keys", keyFile(home, `proj_data=${secret}\n`, 0o644)))
    assert.match(open.stderr, /key file ".*keys" is readable by others \(mode 0644\): run chmod 600/)
    for (const [text, said] of [
      [`proj_data=${secret}\n${secret}\n`, /line 2 is not a project key: write proj_…=sk-…/],
      ["proj_data=sk-admin-secret\n", /line 1 is not a project key/],
      [`proj_data=${secret}\nproj_data=${secret}\n`, /line 2: proj_data has two keys/]
    ] as const) {
      const { code, stderr, stdout } = yield* discover("--project-keys", keyFile(home, text))
      assert.deepStrictEqual([code, stdout], [2, ""])
      assert.match(stderr, said)
      assert.notInclude(stderr, secret)
      assert.strictEqual(stderr.trim().split("\n").length, 1)
    }
  })

  test(
    "exits with 4 if a key or the log could not be used, and with 1 if nothing could be read",
    Emulator.layer({
      organization: {
        projects: ["proj_data", "proj_search"],
        jobs: [{ id: "ftjob-1", fine_tuned_model: triage, project: "proj_data" }]
      },
      behavior: {
        keys: [behavior.readOnlyKey("sk-admin-0123456789abcdef"), { key: "sk-data", scopes: [], project: "proj_data" }]
      }
    }),
    function* () {
      const { cli, fake, home } = yield* world
      const keys = keyFile(home, "proj_data=sk-data\nproj_search=sk-no\nproj_reserch=sk-no\n")
      const { stderr } = yield* exits(4, cli(["discover", "--project-keys", keys]))
      assert.match(stderr, /^1 checkpoint: no event in the log, 1 of 2 projects with a key$/m)
      assert.match(stderr, /discover: 2 keys could not be used \(proj_search: .*; proj_reserch: .*\)$/m)
      yield* fake.setBehavior({ auditLog: "off" })
      const off = yield* exits(4, cli(["discover"]))
      assert.match(off.stderr, /discover: audit log incomplete, other checkpoints may exist: /)
      yield* fake.setBehavior({ keys: [] })
      const refused = yield* exits(1, cli(["discover"]))
      assert.match(refused.stderr, /^checkpoint-permissions: discover: nothing could be read: [^\n]*401[^\n]*\n$/)
      assert.notMatch(off.stderr + refused.stderr, /list-[a-z]+:/)
    }
  )
})
