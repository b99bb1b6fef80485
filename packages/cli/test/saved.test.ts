import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { cli, type Surroundings } from "./support/inProcess.ts"
import { scoped } from "./support/test.ts"
import { folder, policyOf } from "./support/world.ts"

/** A folder, and command lines that must end with this exit code. */
const desk = Effect.gen(function* () {
  const home = yield* folder
  const at = (name: string) => `${home.path}/${name}`
  const run = (code: number, args: ReadonlyArray<string>, surroundings?: Surroundings) =>
    Effect.tap(cli(args, surroundings), (outcome) => assert.strictEqual(outcome.code, code, outcome.stderr))
  return { home, at, run }
})

describe("a document that was made with --fake", () => {
  scoped("is refused by a real server", function* () {
    const { at, home, run } = yield* desk
    home.write("policy.yaml", policyOf(["ft:a"], "proj_001"))
    const shown = yield* run(0, ["plan", "--file", at("policy.yaml"), "--fake", "--out", at("plan.json")])
    assert.include(shown.stdout, "Made with --fake: no real server was used.\n")
    assert.strictEqual(JSON.parse(home.read("plan.json")).apiUrl, "https://fake.invalid/v1")
    const env = { OPENAI_ADMIN_KEY: "sk-admin-0123456789" }
    const real = yield* run(5, ["apply", at("plan.json"), "--yes"], { env })
    assert.include(real.stderr, "the plan was made with --fake: make a new plan without it")
  })
})
