import { Emulator, Faults } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { withoutColors } from "../src/internal/terminal/style.ts"
import { exits } from "./support/inProcess.ts"
import { test } from "./support/test.ts"
import { old, policyOf, weather, world } from "./support/world.ts"

const projects = Array.from({ length: 300 }, (_, n) => `proj_${String(n).padStart(3, "0")}`)
const checkpoints = projects.map((_, n) => `ft:gpt-4o-mini-2024-07-18:org:model:${n}`)

const server = Emulator.layer({
  seed: { [weather]: ["proj_000"], [old]: ["proj_001"] },
  organization: {
    projects,
    modelPermissions: {
      proj_000: { mode: "deny_list", model_ids: [weather] },
      proj_002: { mode: "allow_list", model_ids: ["o3"] },
      proj_003: { mode: "allow_list", model_ids: ["gpt-4o-mini"] }
    }
  }
})

describe("model permissions", () => {
  test("are shown in every form of an audit and a plan", server, function* () {
    const { cli, cliIn, fake, home } = yield* world
    const audit = ["audit", weather, old]
    const form = (name: string) => Effect.map(exits(0, cli([...audit, "--format", name])), ({ stdout }) => stdout)
    assert.match(yield* form("lines"), /^\S+:weather:\S+\tproj_000\t.*\tin the project's deny list$/m)
    assert.match(yield* form("csv"), /,model_permissions\r\n.*,proj_000,.*,in the project's deny list\r\n/)
    assert.match(yield* form("text"), /proj_000 {2}in the project's deny list\n/)
    assert.match(yield* form("markdown"), /`proj_000`.*\| `in the project's deny list` \|/)
    assert.include(yield* form("html"), "in the project's deny list")
    const { modelPermissions, rows } = JSON.parse(yield* form("json"))
    assert.deepStrictEqual(modelPermissions, { read: 2 })
    assert.deepStrictEqual(rows[0].marks, [{ project: "proj_000", mark: "in the project's deny list" }])
    home.write("policy.yaml", policyOf([weather], "proj_000", "proj_002", "proj_003", "proj_004"))
    const plan = ["plan", "-f", "policy.yaml"]
    const text = withoutColors((yield* cliIn({ terminal: true }, [...plan, "-o", "plan.json"])).stdout)
    assert.match(text, /\+ proj_002 +may not take effect: not in the project's allow list\n/)
    assert.match(text, /\+ proj_003 +model permissions: unknown\n/)
    assert.match(text, /\+ proj_004\n/)
    assert.include((yield* exits(0, cli([...plan, "--format", "markdown"]))).stdout, "may not take effect: not in the")
    assert.include((yield* exits(0, cli(["show", "plan.json"]))).stdout, "may not take effect: not in the")
    yield* fake.clearRequests
    yield* exits(0, cli(["apply", "plan.json", "--yes"]))
    yield* exits(0, cli(["drift", "-f", "policy.yaml"]))
    yield* exits(0, cli(["list", weather]))
    yield* cli(["offboard", "proj_002", "--yes", "-f", "policy.yaml"])
    assert.notInclude(
      (yield* fake.requests).map(({ operation }) => operation),
      "get-model-permissions"
    )
  })

  test("without the scope are one line, and change no exit code", server, function* () {
    const { cli, fake, home } = yield* world
    yield* fake.inject(Faults.error(403), { operation: "get-model-permissions", times: 99 })
    const line = "model permissions not read: the key lacks the scope"
    const audit = ["audit", weather, old]
    const lines = yield* exits(0, cli(audit))
    assert.strictEqual(lines.stderr.split(line).length, 2, lines.stderr)
    assert.match(lines.stdout, /proj_000\t.*\tunknown\n/)
    assert.include((yield* exits(0, cli([...audit, "--format", "text"]))).stdout, line.slice(1))
    home.write("policy.yaml", policyOf([weather], "proj_000", "proj_002"))
    const plan = yield* exits(0, cli(["plan", "-f", "policy.yaml", "-o", "plan.json"]))
    assert.match(plan.stdout, /\+ proj_002 +model permissions: unknown\n/)
    assert.strictEqual(plan.stdout.split(`M${line.slice(1)}.`).length, 2, plan.stdout)
    assert.strictEqual(JSON.parse(home.read("plan.json")).modelPermissions.failure, "the key lacks the scope")
  })

  test("are read for granted projects only: at most five requests at once, one for each", server, function* () {
    const { cli, fake, home } = yield* world
    const base = policyOf(checkpoints, "proj_000")
    home.write("base.yaml", base)
    home.write("policy.yaml", base.replace("[proj_000]", "[proj_000, proj_002, proj_299]"))
    yield* exits(0, cli(["plan", "-f", "policy.yaml", "--changed", "base.yaml"]))
    const requests = (yield* fake.requests).map(({ operation }) => operation)
    const granted = requests.filter((operation) => operation === "get-model-permissions")
    // `proj_000` has no permission either
    assert.strictEqual(granted.length, 3)
    assert.isAtMost(requests.length - granted.length, 5)
  })
})
