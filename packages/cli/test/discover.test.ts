import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Inventory } from "@checkpoint-permissions/access"
import { Emulator, FakePermissions, Faults } from "@checkpoint-permissions/testing"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { cli } from "./support/inProcess.ts"
import { folder as temporary, test } from "./support/world.ts"

const seed = fileURLToPath(new URL("../../../docs/seeds/organization.json", import.meta.url))
const triage = "ft:gpt-4o-mini-2024-07-18:acme:triage:D9T1XmSf"
const secret = "sk-proj-T3st+K3y"

const inFolder = <A, E>(use: (folder: string) => Effect.Effect<A, E>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "checkpoint-permissions-discover-"))),
    use,
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  )

const keyFile = (folder: string, text: string, mode = 0o600): string => {
  const path = join(folder, "keys")
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

const discover = (...args: ReadonlyArray<string>) => cli(["discover", "--fake", "--seed-file", seed, ...args])

describe("discover", () => {
  it.live("shows checkpoints, owners, projects and retirement, and saves them for audit and the rest", () =>
    inFolder((folder) =>
      Effect.gen(function* () {
        const keys = keyFile(folder, `# two of twelve\nproj_data=${secret}\nproj_research = ${secret}\n\n`)
        const out = join(folder, "inventory.json")
        const { code, stderr, stdout } = yield* discover("--project-keys", keys, "--out", out)
        assert.strictEqual(code, 0, stderr)
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
        assert.match(stdout, /9 projects without a key here/)
        const saved = readFileSync(out, "utf8")
        for (const text of [stdout, stderr, saved]) assert.notInclude(text, secret)
        const inventory = yield* Inventory.fromJson(saved)
        assert.strictEqual(inventory.checkpoints.find(({ checkpoint }) => checkpoint === triage)?.owner, "proj_data")
        // taken where checkpoints are
        const audit = yield* cli(["audit", "--fake", "--seed-file", seed, "--from", out, "--json"])
        assert.strictEqual(audit.code, 0, audit.stderr)
        const { names, rows } = JSON.parse(audit.stdout)
        assert.strictEqual(names.proj_labs, "Labs (archived)")
        assert.strictEqual(rows.find((row: { checkpoint: string }) => row.checkpoint === triage).owner, "proj_data")
        writeFileSync(out, saved.replace("Search", "Shop"))
        const edited = yield* cli(["audit", "--fake", "--from", out])
        assert.deepStrictEqual([edited.code, edited.stdout], [2, ""])
        assert.match(
          edited.stderr,
          /inventory\.json: the inventory cannot be used \(it was edited.*make it anew with discover\n$/
        )
        const known = yield* cli(["history", "--fake", "--inventory", out])
        assert.strictEqual(known.stderr, edited.stderr)
      })
    )
  )

  it.live("shows by the admin key alone what the log names", () =>
    Effect.gen(function* () {
      const { code, stdout } = yield* discover()
      assert.strictEqual(code, 0)
      assert.match(stdout, /^5 checkpoints: those that the log names\.$/m)
      assert.match(stdout, /^ft:\S+:triage:D9T1XmSf +gpt-4o-mini-2024-07-18 +unknown +Safety, Support +-$/m)
    })
  )

  it.live("shows what retires soon", () =>
    inFolder((folder) =>
      Effect.gen(function* () {
        const keys = keyFile(folder, `proj_data=${secret}\n`)
        const { stdout } = yield* discover("--project-keys", keys, "--retiring", "36500d")
        assert.include(stdout, triage)
        assert.notInclude(stdout, ":forecast:")
      })
    )
  )

  it.live("warns of a key file that others may read, and refuses a line that is no key, without showing it", () =>
    inFolder((folder) =>
      Effect.gen(function* () {
        const open = yield* discover("--project-keys", keyFile(folder, `proj_data=${secret}\n`, 0o644))
        assert.strictEqual(open.code, 0)
        assert.match(open.stderr, /key file ".*keys" may be read by others than its owner: chmod 600 it/)
        for (const [text, said] of [
          [`proj_data=${secret}\n${secret}\n`, /line 2 is not a key of a project: write proj_…=sk-…/],
          ["proj_data=sk-admin-secret\n", /line 1 is not a key of a project/],
          [`proj_data=${secret}\nproj_data=${secret}\n`, /line 2: proj_data has a key already/]
        ] as const) {
          const { code, stderr, stdout } = yield* discover("--project-keys", keyFile(folder, text))
          assert.deepStrictEqual([code, stdout], [2, ""])
          assert.match(stderr, said)
          assert.notInclude(stderr, secret)
          assert.strictEqual(stderr.trim().split("\n").length, 1)
        }
      })
    )
  )

  it.live("takes the key of one project from OPENAI_API_KEY", () =>
    Effect.gen(function* () {
      const args = ["discover", "--fake", "--seed-file", seed, "--project-key", "proj_data"]
      const without = yield* cli(args)
      assert.deepStrictEqual([without.code, without.stdout], [2, ""])
      assert.match(without.stderr, /OPENAI_API_KEY is to hold an ordinary key of proj_data: it is not set/)
      const { stdout } = yield* cli(args, { env: { OPENAI_API_KEY: secret } })
      assert.match(stdout, /Data platform +Safety, Support +2026-12-31/)
    })
  )

  it.live("gives an audit names, owners, retirement, and who granted what", () =>
    inFolder((folder) =>
      Effect.gen(function* () {
        const keys = keyFile(folder, `proj_data=${secret}\nproj_research=${secret}\n`)
        const out = join(folder, "inventory.json")
        yield* discover("--project-keys", keys, "--out", out)
        const audit = (...args: ReadonlyArray<string>) =>
          cli(["audit", "--fake", "--seed-file", seed, "--inventory", out, ...args])
        const listed = yield* audit("--format", "list")
        assert.strictEqual(listed.code, 0, listed.stderr)
        assert.match(listed.stdout, /^\S ft:\S+:triage:D9T1XmSf {2}retires 2026-12-31$/m)
        assert.match(listed.stdout, /2026-02-02 {2}proj_support {2}Support {2}by svc-ci$/m)
        assert.match(listed.stdout, /owner +proj_data {2}Data platform$/m)
        assert.match(listed.stdout, /proj_labs {2}Labs \(archived\)/)
        assert.match(listed.stdout, /1 retires on 2026-12-31, \d retire on 2027-01-31/)
        const page = yield* audit("--format", "html")
        assert.include(page.stdout, '"retires":"2026-12-31"')
        assert.include(page.stdout, '"svc-ci"')
        // a saved audit, without a server
        const saved = yield* audit("--json")
        writeFileSync(join(folder, "audit.json"), saved.stdout)
        const again = yield* cli([
          "audit",
          "--from",
          join(folder, "audit.json"),
          "--inventory",
          out,
          "--format",
          "list"
        ])
        assert.match(again.stdout, /by svc-ci/)
        // another organization
        writeFileSync(join(folder, "other.json"), JSON.stringify({ organization: { projects: ["proj_other"] } }))
        const other = yield* cli(["audit", "--fake", "--seed-file", join(folder, "other.json"), "--inventory", out])
        assert.deepStrictEqual([other.code, other.stdout], [5, ""])
        assert.match(other.stderr, /shares no project with this organization: make it anew with discover/)
      })
    )
  )

  it.live("knows owners from a policy too", () =>
    inFolder((folder) =>
      Effect.gen(function* () {
        const policy = join(folder, "policy.yaml")
        writeFileSync(policy, `version: 1\ncheckpoints:\n  "${triage}": { owner: proj_data, projects: [] }\n`)
        const { stdout } = yield* discover("--file", policy, "--json")
        const { checkpoints } = JSON.parse(stdout)
        const found = checkpoints.find((one: { checkpoint: string }) => one.checkpoint === triage)
        assert.deepStrictEqual([found.owner, found.ownerBy], ["proj_data", "policy"])
        const journal = join(folder, "access.journal")
        writeFileSync(journal, "no journal\n")
        const wrong = yield* discover("--journal", journal)
        assert.deepStrictEqual([wrong.code, wrong.stdout], [2, ""])
      })
    )
  )

  it.live("shows a plan what no policy names, and what of it the organization does not have", () =>
    inFolder((folder) =>
      Effect.gen(function* () {
        const out = join(folder, "inventory.json")
        yield* discover("--out", out)
        const policy = join(folder, "policy.yaml")
        writeFileSync(
          policy,
          `version: 1\ncheckpoints:\n  "${triage}":\n    owner: proj_data\n    projects: [proj_support, proj_safety, proj_lab, proj_labs]\n`
        )
        const plan = (...args: ReadonlyArray<string>) =>
          cli(["plan", "--fake", "--seed-file", seed, "--file", policy, "--inventory", out, ...args])
        const wrong = yield* plan()
        assert.deepStrictEqual([wrong.code, wrong.stdout], [2, ""])
        const at = `policy.yaml:5:${"    projects: [proj_support, proj_safety, ".length + 1}: checkpoints["${triage}"].projects`
        assert.include(wrong.stderr, `${at}[2]: proj_lab is no project of this organization: did you mean proj_labs?\n`)
        assert.match(wrong.stderr, /projects\[3\]: proj_labs \(Labs\) is archived: take it out\n$/)
        writeFileSync(policy, `version: 1\ncheckpoints:\n  "${triage}":\n    projects: [proj_support, proj_safety]\n`)
        const shown = yield* plan()
        assert.strictEqual(shown.code, 0, shown.stderr)
        assert.match(
          shown.stdout,
          /^Made with --fake.*\n\nunmanaged: .*\nunmanaged: ft:\S+:queries:E0U2YnTg stands in no policy, and has permissions of proj_data$/m
        )
        assert.match((yield* plan("--format", "markdown")).stdout, /\.\n\nMade with --fake.*\n\nunmanaged: /)
        assert.strictEqual((yield* plan("--exit-code")).code, 0)
        assert.strictEqual((yield* plan("--exit-code", "--whole-organization")).code, 3)
        // names, from an inventory and from an audit made with one, and none in the plan file
        writeFileSync(policy, `version: 1\ncheckpoints:\n  "${triage}":\n    projects: [proj_support]\n`)
        const saved = join(folder, "plan.json")
        const named = yield* plan("--out", saved)
        assert.match(named.stdout, /^- proj_safety {2}Safety {2}cp_/m)
        assert.notInclude(readFileSync(saved, "utf8"), '"names"')
        const audit = join(folder, "audit.json")
        yield* cli(["audit", "--fake", "--seed-file", seed, "--inventory", out, "--json", "--out", audit])
        const fromAudit = yield* cli(["plan", "--file", policy, "--from", audit])
        assert.strictEqual(fromAudit.code, 0, fromAudit.stderr)
        assert.match(fromAudit.stdout, /^- proj_safety {2}Safety {2}cp_/m)
      })
    )
  )

  test(
    "warns a plan of what a saved list of projects does not have, where the key may not list them",
    Emulator.layer({ organization: { projects: ["proj_search"] } }),
    function* () {
      const { baseUrl } = yield* Emulator.Emulator
      const fake = yield* FakePermissions.FakePermissions
      const home = yield* temporary
      const env = { OPENAI_ADMIN_KEY: "sk-admin-0123456789", OPENAI_BASE_URL: baseUrl }
      yield* cli(["discover", "--out", `${home.path}/inventory.json`], { env })
      const policy = home.write("policy.yaml", "version: 1\ncheckpoints: { ft:a: { projects: [proj_serch] } }\n")
      const args = ["plan", "--file", policy, "--inventory", `${home.path}/inventory.json`]
      yield* fake.clearRequests
      const wrong = yield* cli(args, { env })
      assert.deepStrictEqual([wrong.code, (yield* fake.requests).length], [2, 1])
      yield* fake.inject(Faults.error(403), { operation: "list-projects" })
      const shown = yield* cli(args, { env })
      assert.strictEqual(shown.code, 0, shown.stderr)
      assert.match(
        shown.stdout,
        /proj_serch is no project of the inventory, as of [\d-]{10}: did you mean proj_search\?/
      )
    }
  )

  it.live("refuses a saved audit of another organization, and writes over nothing", () =>
    inFolder((folder) =>
      Effect.gen(function* () {
        const audit = join(folder, "audit.json")
        yield* cli(["audit", "--fake", "--seed-file", seed, triage, "--json", "--out", audit])
        const saved = readFileSync(audit, "utf8")
        const policy = join(folder, "policy.yaml")
        writeFileSync(policy, `version: 1\ncheckpoints: { "${triage}": { projects: [] } }\n`)
        const other = join(folder, "other.json")
        writeFileSync(other, JSON.stringify({ organization: { projects: ["proj_other"] } }))
        const rest = ["--fake", "--seed-file", other, "--previous", audit, "--out", audit]
        for (const args of [
          ["audit", "--json"],
          ["drift", "--file", policy]
        ]) {
          const { code, stderr, stdout } = yield* cli([...args, ...rest])
          assert.deepStrictEqual([code, stdout], [5, ""])
          assert.match(stderr, /the audit shares no project with this organization: audit anew, or use its key\n$/)
        }
        assert.strictEqual(readFileSync(audit, "utf8"), saved)
      })
    )
  )
})
