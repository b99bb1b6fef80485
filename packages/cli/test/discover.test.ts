import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { Inventory } from "@checkpoint-permissions/access"
import { Emulator } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
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
  live("shows checkpoints, owners, projects and retirement, and saves them for audit and the rest", function* () {
    const home = yield* folder
    const keys = keyFile(home, `# two of twelve\nproj_data=${secret}\nproj_research = ${secret}\n\n`)
    const out = home.at("inventory.json")
    const { stderr, stdout } = yield* exits(0, discover("--project-keys", keys, "--out", out))
    assert.match(stdout, /^CHECKPOINT +BASE MODEL +OWNER +PROJECTS +RETIRES\n/)
    assert.match(
      stdout,
      /^ft:\S+:triage:D9T1XmSf +gpt-4o-mini-2024-07-18 +Data platform +Safety, Support +2026-12-31$/m
    )
    assert.match(
      stdout,
      /^ft:\S+:weather:B7R9VjQd +\S+ +Research +Labs \(archived\), Mobile app, Search, Support +2027/m
    )
    assert.match(stdout, /^5 checkpoints: .*, and those of 2 of 12 projects, whose keys are here\.$/m)
    assert.match(stdout, /10 projects without a key here that works/)
    const saved = home.read("inventory.json")
    for (const text of [stdout, stderr, saved]) assert.notInclude(text, secret)
    const inventory = yield* Inventory.fromJson(saved)
    assert.strictEqual(inventory.checkpoints.find(({ checkpoint }) => checkpoint === triage)?.owner, "proj_data")
    // taken where checkpoints are
    const audit = yield* exits(0, cli(["audit", "--fake", "--seed-file", seed, "--from", out, "--json"]))
    const { names, rows } = JSON.parse(audit.stdout)
    assert.strictEqual(names.proj_labs, "Labs (archived)")
    assert.strictEqual(rows.find((row: { checkpoint: string }) => row.checkpoint === triage).owner, "proj_data")
    home.write("inventory.json", saved.replace("Search", "Shop"))
    const edited = yield* cli(["audit", "--fake", "--from", out])
    assert.deepStrictEqual([edited.code, edited.stdout], [2, ""])
    assert.match(
      edited.stderr,
      /inventory\.json: the inventory cannot be used \(it was edited.*make it anew with discover\n$/
    )
  })

  live("the commands of its page work as they are copied", function* () {
    const home = yield* folder
    const docs = fileURLToPath(new URL("../../../docs/", import.meta.url))
    keyFile(home, readFileSync(`${docs}seeds/keys`, "utf8"))
    const page = readFileSync(`${docs}organization.md`, "utf8")
    for (const [, command = ""] of page.matchAll(/^checkpoint-permissions (.*)$/gm)) {
      const args = command
        .split(" ")
        .map((word) => (/^[a-z]+\.(json|html)$|^keys$/.test(word) ? home.at(word) : word.replace(/^docs\//, docs)))
      const { stdout } = yield* exits(args[0] === "drift" ? 3 : 0, cli([...args, "--fake", "--seed-file", seed]))
      if (args[0] === "discover") assert.include(page, stdout.slice(0, stdout.indexOf("\n\n")))
    }
  })

  live("shows by the admin key alone what the log names", function* () {
    const { stdout } = yield* exits(0, discover())
    assert.match(stdout, /^5 checkpoints: those that the log names\.$/m)
    assert.include(stdout, ": a grant that it does not show is found only by reading its checkpoint.\n")
    assert.match(stdout, /^ft:\S+:triage:D9T1XmSf +gpt-4o-mini-2024-07-18 +unknown +Safety, Support +-$/m)
  })

  live("shows what retires soon", function* () {
    const home = yield* folder
    const keys = keyFile(home, `proj_data=${secret}\n`)
    const { stdout } = yield* discover("--project-keys", keys, "--retiring", "36500d")
    assert.include(stdout, triage)
    assert.notInclude(stdout, ":forecast:")
  })

  live("says whose own retirement date is not known, for want of a key of the project", function* () {
    const home = yield* folder
    const keys = keyFile(home, `proj_search=${secret}\n`)
    const { stdout } = yield* exits(0, discover("--project-keys", keys, "--retiring", "40d"))
    assert.match(stdout, /^The own retirement date of 3 checkpoints is not known: no key of their project\.$/m)
  })

  live("warns of a key file that others may read, and refuses a line that is no key, without showing it", function* () {
    const home = yield* folder
    const open = yield* exits(0, discover("--project-keys", keyFile(home, `proj_data=${secret}\n`, 0o644)))
    assert.match(open.stderr, /key file ".*keys" may be read by others \(mode 0644\): chmod 600 it/)
    for (const [text, said] of [
      [`proj_data=${secret}\n${secret}\n`, /line 2 is not a key of a project: write proj_…=sk-…/],
      ["proj_data=sk-admin-secret\n", /line 1 is not a key of a project/],
      [`proj_data=${secret}\nproj_data=${secret}\n`, /line 2: proj_data has a key already/]
    ] as const) {
      const { code, stderr, stdout } = yield* discover("--project-keys", keyFile(home, text))
      assert.deepStrictEqual([code, stdout], [2, ""])
      assert.match(stderr, said)
      assert.notInclude(stderr, secret)
      assert.strictEqual(stderr.trim().split("\n").length, 1)
    }
  })

  test(
    "counts the keys that worked, and says which are of no project of the organization",
    Emulator.layer({
      organization: { projects: ["proj_data", "proj_search", "proj_research", { id: "proj_labs", archived_at: 1 }] },
      behavior: {
        keys: [
          { key: "sk-admin-0123456789abcdef", scopes: ["api.fine_tuning.checkpoints.read"] },
          { key: "sk-data", scopes: [], project: "proj_data" },
          { key: "sk-elsewhere", scopes: [], project: "proj_elsewhere" }
        ]
      }
    }),
    function* () {
      const { cli, home } = yield* world
      const refused = `proj_search=sk-no\nproj_reserch=sk-no\n`
      const keys = keyFile(home, `proj_data=sk-data\nproj_elsewhere=sk-elsewhere\n${refused}`)
      const { stderr, stdout } = yield* exits(4, cli(["discover", "--project-keys", keys]))
      assert.match(stdout, /and those of 1 of 4 projects, whose key is here\.$/m)
      assert.match(stdout, /^3 projects without a key here that works: /m)
      assert.match(stdout, /^proj_reserch is no project of this organization: did you mean proj_research\?$/m)
      assert.match(stdout, /^proj_elsewhere is no project of this organization\.$/m)
      assert.match(stderr, /discover: 2 keys could not be used \(proj_search: .*; proj_reserch: .*\)$/m)
    }
  )

  live("takes the key of one project from OPENAI_API_KEY", function* () {
    const args = ["discover", "--fake", "--seed-file", seed, "--project-key", "proj_data"]
    const without = yield* cli(args)
    assert.deepStrictEqual([without.code, without.stdout], [2, ""])
    assert.match(without.stderr, /OPENAI_API_KEY is to hold an ordinary key of proj_data: it is not set/)
    const { stdout } = yield* cli(args, { env: { OPENAI_API_KEY: secret } })
    assert.match(stdout, /Data platform +Safety, Support +2026-12-31/)
  })

  live("tells a misspelt project by the list of an inventory or the projects of a saved audit", function* () {
    const home = yield* folder
    const [out, audit] = [home.at("inventory.json"), home.at("audit.json")]
    const fake = ["--fake", "--seed-file", seed]
    yield* discover("--out", out)
    yield* cli(["audit", ...fake, "--from", out, "--json", "--out", audit])
    const says = (list: string) => `proj_serch is no project of ${list}: did you mean proj_search?\n`
    const alone = `${audit}, which knows only those with access or a name`
    for (const [list, args] of [
      [out, ["audit", ...fake, "--from", out]],
      [alone, ["audit", "--from", audit]]
    ] as const) {
      const { stderr } = yield* exits(0, cli([...args, "--project", "proj_serch"]))
      assert.include(stderr, says(list))
      assert.notInclude((yield* exits(0, cli([...args, "--project", "proj_search"]))).stderr, "is no project")
    }
    // one that is in the audit only
    home.write(
      "audit.json",
      JSON.stringify({ ...JSON.parse(home.read("audit.json")), names: { proj_former: "Former" } })
    )
    const { stderr } = yield* exits(0, cli(["audit", "--from", audit, "--project", "proj_former"]))
    assert.notInclude(stderr, "is no project")
  })

  live("knows owners from a policy too", function* () {
    const home = yield* folder
    const policy = home.write(
      "policy.yaml",
      `version: 1\ncheckpoints:\n  "${triage}": { owner: proj_data, projects: [] }\n`
    )
    const { stdout } = yield* discover("--file", policy, "--json")
    const { checkpoints } = JSON.parse(stdout)
    const found = checkpoints.find((one: { checkpoint: string }) => one.checkpoint === triage)
    assert.deepStrictEqual([found.owner, found.ownerBy], ["proj_data", "policy"])
    const wrong = yield* discover("--journal", home.write("access.journal", "no journal\n"))
    assert.deepStrictEqual([wrong.code, wrong.stdout], [2, ""])
  })
})
