import { readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { Emulator } from "@checkpoint-permissions/testing"
import { NodeContext } from "@effect/platform-node"
import { assert, describe } from "@effect/vitest"
import { ConfigProvider, Effect, Option } from "effect"
import { folderPath } from "../src/internal/apply/lock.ts"
import { exits } from "./support/inProcess.ts"
import { scopedWith, test } from "./support/test.ts"
import { old, organization, policyOf, seed, weather, world } from "./support/world.ts"

/** A second create of the same project makes a second permission. */
const server = Emulator.layer({ seed, organization, behavior: { regrant: "second" } })

const applying = ["apply", "--file", "policy.yaml", "--yes"] as const

/** An apply in this process that has sent so many requests, whose last one is not answered. */
const held = (requests: number) =>
  Effect.gen(function* () {
    const there = yield* world
    const { begin, fake } = there
    yield* fake.setBehavior({ latency: requests === 1 ? "1 hour" : "300 millis", regrant: "second" })
    const first = yield* begin(applying)
    yield* fake.awaitRequests(requests)
    yield* fake.setBehavior({ latency: "0 millis", regrant: "second" })
    return { ...there, first }
  })

const holder = (pid: number) =>
  `apply --file policy.yaml --yes \\(pid ${pid} on \\S+\\) since \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d UTC`

const without = (command: string) =>
  new RegExp(`^${command}: continuing without a lock, do not start another apply: .*\\n$`)

describe.concurrent("a second apply", () => {
  test("waits up to --lock-timeout, and then plans", server, function* () {
    const { cli, fake, first } = yield* held(3)
    const second = yield* exits(0, cli([...applying, "--lock-timeout", "1m"]))
    yield* exits(0, first.outcome)
    assert.match(second.stdout, /Apply complete: /)
    const writes = (yield* fake.requests).filter(({ method }) => method !== "GET")
    assert.strictEqual(writes.length, 4)
    assert.deepStrictEqual(yield* fake.projects(weather), ["proj_a", "proj_b", "proj_c"])
  })

  test("to another organization, with another state folder or with --no-lock does not wait", server, function* () {
    for (const args of [["--openai-organization", "org-a"], ["--state-dir", "elsewhere"], ["--no-lock"]]) {
      const { first, cli } = yield* held(1)
      yield* exits(0, cli([...applying, ...args]))
      yield* first.signal("SIGINT")
    }
  })

  test("that waits is ended by Ctrl-C", server, function* () {
    const { begin } = yield* held(1)
    const second = yield* begin([...applying, "--lock-timeout", "1m"])
    yield* second.says(`apply: waiting up to 1m for apply --file policy.yaml --yes (pid ${process.pid} on `)
    yield* second.signal("SIGINT")
    const { stderr } = yield* exits(130, second.outcome)
    assert.include(stderr, "apply: interrupted before any change")
  })
})

describe.concurrent("while an apply runs", () => {
  test("a grant waits until it ends, or is refused with --lock-timeout 0", server, function* () {
    const { begin, cli, fake, first } = yield* held(1)
    const asked = Effect.map(fake.requests, (all) => all.filter(({ operation }) => operation !== "list-projects"))
    const { length } = yield* asked
    const { stderr } = yield* exits(5, cli(["grant", weather, "proj_n", "--lock-timeout", "0"]))
    assert.match(stderr, new RegExp(`grant: locked by ${holder(process.pid)}`))
    const waiting = yield* begin(["grant", weather, "proj_n"])
    yield* waiting.says(`grant: waiting up to 5m for apply --file policy.yaml --yes (pid ${process.pid} on `)
    assert.strictEqual((yield* asked).length, length)
    yield* first.signal("SIGINT")
    const { stdout } = yield* exits(0, waiting.outcome)
    assert.strictEqual(stdout, "granted proj_n\n")
  })

  test("a revoke names it and continues", server, function* () {
    const { cli } = yield* held(1)
    const named = new RegExp(`^revoke: an apply is running and may grant this access again: ${holder(process.pid)}\\n`)
    assert.match((yield* exits(0, cli(["revoke", weather, "proj_x"]))).stderr, named)
    const offboarded = yield* exits(
      0,
      cli(["offboard", "proj_z", "--from", "policy.yaml", "--yes", "--permissions-only"])
    )
    assert.match(offboarded.stderr, /^offboard: an apply is running/m)
    const { stderr } = yield* exits(0, cli(["revoke", weather, "proj_y", "--no-lock"]))
    assert.strictEqual(stderr, "")
  })

  test("nothing else waits", server, function* () {
    const { cli, fake } = yield* held(1)
    const [permission] = yield* fake.permissions(weather)
    for (const args of [
      ["grant", old, "proj_n", "--no-lock"],
      ["api", "create", weather, "proj_m"],
      ["api", "delete", weather, permission?.id ?? ""],
      ["plan", "--file", "policy.yaml"],
      ["audit", weather]
    ]) {
      yield* exits(0, cli(args))
    }
  })
})

describe.concurrent("the lock file", () => {
  test("causes one warning if it cannot be written, and the apply continues", server, function* () {
    const { home, cli } = yield* world
    home.write("file", "")
    const unusable = [
      { XDG_STATE_HOME: "", HOME: "" },
      { XDG_STATE_HOME: `${home.path}/file` },
      // Not even the user root may write here, and Node's recursive `mkdir` never returns.
      { XDG_STATE_HOME: "/proc/nothing" }
    ]
    for (const env of unusable) {
      const { stderr } = yield* exits(0, cli(applying, env))
      assert.match(stderr, without("apply"))
    }
    const off = yield* cli([...applying, "--no-lock"], unusable[0])
    assert.deepStrictEqual([off.code, off.stderr], [0, ""])
  })

  test("is in the state folder, names the holder, and is gone afterwards", server, function* () {
    const { baseUrl, first, state } = yield* held(1)
    const name = `${encodeURIComponent(new URL(baseUrl).host)}.lock`
    const at = join("checkpoint-permissions", name)
    assert.strictEqual(state.mode("checkpoint-permissions"), 0o700)
    assert.deepInclude(JSON.parse(readFileSync(state.at(at), "utf8")), {
      pid: process.pid,
      command: applying.join(" ")
    })
    yield* first.signal("SIGINT")
    yield* first.outcome
    assert.deepStrictEqual(state.files("checkpoint-permissions"), [])
  })

  test("is not written with --fake", server, function* () {
    const { cli, home, state } = yield* world
    home.write("policy.yaml", policyOf([weather], "proj_001"))
    yield* exits(0, cli([...applying, "--fake", "--max-revokes", "50"], { OPENAI_BASE_URL: "" }))
    assert.deepStrictEqual(state.files(), [])
  })

  scopedWith("is in the folder given, or in XDG_STATE_HOME, or in HOME", NodeContext.layer, function* () {
    const env = (variables: Readonly<Record<string, string>>) =>
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables))))
    const both = env({ XDG_STATE_HOME: "/x", HOME: "/h" })
    assert.strictEqual(yield* both(folderPath(Option.some("given"))), resolve("given"))
    assert.strictEqual(yield* both(folderPath(Option.none())), "/x/checkpoint-permissions")
    const inHome = "/h/.local/state/checkpoint-permissions"
    for (const other of [{}, { XDG_STATE_HOME: "" }, { XDG_STATE_HOME: "relative" }]) {
      assert.strictEqual(yield* env({ ...other, HOME: "/h" })(folderPath(Option.none())), inHome)
    }
    for (const none of [{}, { HOME: "" }, { HOME: "relative" }]) {
      assert.isUndefined(yield* env(none)(folderPath(Option.none())))
    }
  })
})
