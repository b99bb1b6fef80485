import { copyFileSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { Cluster, Jobs } from "@checkpoint-permissions/cluster"
import { Emulator, type FakePermissions, Faults } from "@checkpoint-permissions/testing"
import { NodeContext } from "@effect/platform-node"
import * as SqlClient from "@effect/sql/SqlClient"
import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, describe } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import * as Postgres from "../../cluster/test/support/postgres.ts"
import * as Redis from "../../cluster/test/support/redis.ts"
import { live, test } from "../../cluster/test/support/test.ts"
import * as binary from "./support/binary.ts"
import { exits } from "./support/inProcess.ts"
import { folder, old, policyOf, seed, weather, world } from "./support/world.ts"

const noKey = { OPENAI_ADMIN_KEY: "" }

/** Lines of programs and of Node would be among them. */
const isOurs = (line: string) =>
  /^(checkpoint-permissions: |apply: |audit: |worker: |jobs: |timestamp=|\S+: |Reads |There is )/.test(line) &&
  !/Warning/.test(line)

const assertOneLiners = (stderr: string) =>
  assert.deepStrictEqual(
    stderr.split("\n").filter((line) => line !== "" && !isOurs(line)),
    []
  )

const many = Array.from({ length: 20 }, (_, index) => `ft:gpt-4o-mini-2024-07-18:org:many:A${index}`)
const policyOfMany = policyOf(many, "proj_a")

const server = (latency = 0) => Emulator.layer({ seed, behavior: { latency: { min: latency, max: latency } } })

const projectsAt = (fake: FakePermissions.Service, checkpoints: ReadonlyArray<string>) =>
  Effect.map(Effect.forEach(checkpoints, fake.permissions), (all) =>
    all
      .flat()
      .map(({ project_id }) => String(project_id))
      .sort()
  )

const secret = "sk-admin-0123456789abcdef"

/** A store in a file, and commands on it in this process: `on` to its end, `begin` beside the test. */
const desk = Effect.map(world, (there) => {
  const store = `sqlite:${there.home.path}/access.db`
  return {
    ...there,
    store,
    on: (args: ReadonlyArray<string>, env?: Readonly<Record<string, string>>) =>
      there.cli([...args, "--store", store], env),
    begin: (args: ReadonlyArray<string>, env?: Readonly<Record<string, string>>) =>
      there.begin([...args, "--store", store], env)
  }
})

describe.concurrent("a store in SQLite", () => {
  test("apply makes access as the policy says and the key is nowhere in the store", server(), function* () {
    const { fake, home, on } = yield* desk
    const applied = yield* exits(0, on(["apply", "--file", "policy.yaml", "--yes"]))
    assert.match(applied.stdout, /✓ 2 of 2 checkpoints were as the policy wants when read/)
    assertOneLiners(applied.stderr)
    assert.deepStrictEqual(yield* projectsAt(fake, [weather, old]), ["proj_a", "proj_b", "proj_c"])
    for (const file of readdirSync(home.path)) {
      if (!file.startsWith("access.db") || file.endsWith(".lock")) continue
      assert.isFalse(readFileSync(join(home.path, file)).includes(secret), file)
    }
    const job: unknown = JSON.parse((yield* on(["jobs", "list", "--json"], noKey)).stdout)
    assert.deepInclude(job, { id: 1, kind: "apply", actor: "tester", state: "ended", outcome: "done" })
    assert.match((yield* on(["jobs", "show", "1"], noKey)).stdout, /\+ proj_b {2}ft:/)
  })

  test("a saved plan is submitted without a key, and the worker of the file carries it out", server(), function* () {
    const { begin, cli, fake, on, store } = yield* desk
    yield* cli(["plan", "--file", "policy.yaml", "--out", "plan.json"])
    const waiting = yield* begin(["audit", weather, old, "--json"], noKey)
    yield* waiting.says("no worker has begun job 1 yet, and it waits for one: checkpoint-permissions worker --store")
    const worker = yield* begin(["worker", "--health", "0"])
    yield* worker.says(`works on the jobs of ${store}`)
    const audited = yield* exits(0, waiting.outcome)
    assert.match(audited.stdout, /proj_z/)
    yield* exits(0, on(["apply", "--plan", "plan.json", "--yes"], noKey))
    assert.strictEqual((yield* projectsAt(fake, [weather, old])).length, 3)
    const second = yield* exits(5, on(["worker"]))
    assert.match(second.stderr, /process \d+ on .+ works on sqlite:\S+ already/)
    yield* worker.signal("SIGTERM")
    const { stderr } = yield* exits(0, worker.outcome)
    assert.match(stderr, /worker: SIGTERM: finishes what is in flight and stops/)
  })

  test("Ctrl-C stops before the next checkpoint, and the same command again does the rest", server(300), function* () {
    const { begin, fake, home, on } = yield* desk
    home.write("many.yaml", policyOfMany)
    const args = ["apply", "--file", "many.yaml", "--yes"]
    const first = yield* begin(args)
    yield* first.says("+ proj_a  ft:")
    yield* first.signal("SIGINT")
    const { stderr } = yield* exits(130, first.outcome)
    assert.match(stderr, /apply: SIGINT: stops before the next checkpoint/)
    assert.match(stderr, /job 1 was stopped; .*run it again for the rest/)
    assert.isBelow((yield* projectsAt(fake, many)).length, 20)
    yield* exits(0, on(args))
    assert.strictEqual((yield* projectsAt(fake, many)).length, 20)
  })

  test("whoever follows a job that somebody stops exits with 4, at once and later", server(), function* () {
    const { begin, cli, on, store } = yield* desk
    yield* cli(["plan", "--file", "policy.yaml", "--out", "plan.json"])
    const nobody = { ...noKey, USER: "", GITHUB_ACTOR: "" }
    const apply = yield* begin(["apply", "--plan", "plan.json", "--yes"], nobody)
    yield* apply.says(`job 1 is in ${store}`)
    const follow = yield* begin(["jobs", "follow", "1", "--json"], noKey)
    yield* follow.says("jobs: no worker has begun job 1 yet, and it waits for one")
    const stopped = yield* exits(0, on(["jobs", "stop", "1"], nobody))
    assert.match(stopped.stdout, / {2}unknown {2}http/)
    assert.match((yield* on(["jobs", "list", "--json"], noKey)).stdout, /"actor":null/)
    const shown = yield* on(["jobs", "show", "1", "--json"], noKey)
    assert.match(shown.stdout, /"happening":\{"_tag":"StopRequested","actor":null\}/)
    const applied = yield* exits(4, apply.outcome)
    assert.match(applied.stderr, /^checkpoint-permissions: apply: job 1 was stopped; 0 of 2 checkpoints /m)
    const later = yield* on(["jobs", "follow", "1"], noKey)
    assert.match(later.stdout, /apply {2}stopped {2}0 of 2/)
    for (const { code, stderr } of [yield* follow.outcome, later]) {
      assert.strictEqual(code, 4, stderr)
      assert.match(stderr, /^checkpoint-permissions: jobs: job 1 was stopped, with 2 of 2 checkpoints left; /m)
    }
    yield* exits(0, on(["jobs", "show", "1"], noKey))
  })

  test("a job that left something undone exits with 4, one that failed with 1", server(), function* () {
    const { cli, fake, home, on } = yield* desk
    yield* cli(["plan", "--file", "policy.yaml", "--out", "plan.json"])
    yield* fake.inject(Faults.error(400), { checkpoint: old })
    const other = `sqlite:${home.path}/unread.db`
    const unread = yield* exits(4, cli(["apply", "--file", "policy.yaml", "--yes", "--store", other]))
    assert.match(unread.stderr, /not every checkpoint could be read for its plan; 1 of 2 checkpoints was as /)
    yield* fake.inject(Faults.error(400), { checkpoint: old })
    yield* on(["apply", "--plan", "plan.json", "--yes"])
    const undone = yield* exits(4, on(["jobs", "follow", "1"], noKey))
    assert.match(undone.stderr, /jobs: job 1 is done, but not everything is as planned; /)
    yield* fake.inject(Array.from({ length: 8 }, () => Faults.error(401)))
    yield* on(["apply", "--plan", "plan.json", "--yes"])
    const failed = yield* exits(1, on(["jobs", "follow", "2"], noKey))
    assert.match(failed.stderr, /jobs: job 2 failed: /)
  })

  test("an audit with a key reads by itself, changes nothing that others left, and stops", server(100), function* () {
    const { begin, cli, fake, home, on, store } = yield* desk
    const alone = yield* exits(0, on(["audit", old, "--json"]))
    assert.include(alone.stderr, `audit: job 1 is in ${store}: this process reads`)
    assert.match(alone.stdout, /proj_z/)

    home.write("many.txt", many.join("\n"))
    const cut = yield* begin(["audit", "--from", "many.txt", "--format", "csv"])
    yield* cut.says("this process reads")
    yield* cut.signal("SIGINT")
    const { stderr, stdout } = yield* exits(130, cut.outcome)
    assert.match(stderr, /audit: SIGINT: stops before the next checkpoint/)
    assert.match(stdout, /A19,.*job 2 ended before it was read/)

    // Confirmed by somebody who has no key, and begun by nobody.
    yield* cli(["plan", "--file", "policy.yaml", "--out", "plan.json"])
    const apply = yield* begin(["apply", "--plan", "plan.json", "--yes"], noKey)
    yield* apply.says(`job 3 is in ${store}`)
    const audit = yield* begin(["audit", weather, "--json"])
    yield* audit.says(`job 3 (apply) in ${store} has not ended, and an audit changes nothing`)
    yield* audit.says(`job 4 is in ${store}: its workers read`)
    const before = yield* projectsAt(fake, [weather, old])
    yield* on(["jobs", "stop", "3"], noKey)
    yield* exits(4, apply.outcome)
    yield* exits(0, audit.outcome)
    assert.deepStrictEqual(yield* projectsAt(fake, [weather, old]), before)
  })

  test("of a hundred jobs and more all are listed, and shown before they are pruned", server(), function* () {
    const { home, on } = yield* desk
    yield* Effect.gen(function* () {
      const jobs = yield* Jobs.Jobs
      for (let count = 0; count < 101; count += 1) {
        const { job } = yield* jobs.audit({ apiUrl: "https://api.openai.com/v1" }, [], { actor: "test" })
        yield* jobs.stop(job.id)
      }
      const sql = yield* SqlClient.SqlClient
      yield* sql`UPDATE checkpoint_permissions_jobs SET ended_at = ended_at - 3600000`
    }).pipe(
      Effect.provide(Layer.provideMerge(Jobs.layer(), Cluster.sqliteClient(`${home.path}/access.db`))),
      Effect.provide(NodeContext.layer)
    )
    const listed = yield* exits(0, on(["jobs", "list"], noKey))
    assert.strictEqual(listed.stdout.trimEnd().split("\n").length, 101)
    const old = ["jobs", "prune", "--older-than", "30m"]
    assert.match((yield* on([...old, "--dry-run"], noKey)).stdout, /^101 jobs would be deleted\.$/m)
    assert.match((yield* on(old, noKey)).stdout, /^101 jobs deleted\.$/m)
  })

  test("an apply beside an audit begins when that has ended", server(100), function* () {
    const { begin, fake, home, on } = yield* desk
    home.write("many.yaml", policyOfMany)
    const audit = yield* begin(["audit", "--from", "many.yaml"])
    yield* audit.says("this process reads")
    yield* exits(0, on(["apply", "--file", "policy.yaml", "--yes"]))
    yield* exits(0, audit.outcome)
    assert.deepStrictEqual(yield* projectsAt(fake, [weather, old]), ["proj_a", "proj_b", "proj_c"])
  })

  test("what is wrong is said in one line", server(), function* () {
    const { cli: run } = yield* world
    const cases: ReadonlyArray<readonly [ReadonlyArray<string>, number, RegExp]> = [
      [["jobs", "list", "--store", "sqlite:none.db"], 2, /there is no file none\.db/],
      [["jobs", "list", "--store", "mysql://x/y"], 2, /--store: not a store: pass sqlite:<file>/],
      [["jobs", "list", "--store", "sqlite::memory:"], 2, /not a store/],
      [["jobs", "show", "--store", "sqlite:none.db"], 2, /jobs show needs the number of a job/],
      [["jobs", "show", "x", "--store", "sqlite:none.db"], 2, /"x" is not the number of a job/],
      [
        ["jobs", "list", "--store", "postgres://u:hidden@127.0.0.1:1/x"],
        1,
        /postgres:\/\/u@127\.0\.0\.1:1\/x cannot be reached: .*ECONNREFUSED/
      ],
      [["worker", "--store", "sqlite:a.db", "--health", "x"], 2, /--health: not an address/],
      [
        ["apply", "--file", "policy.yaml", "--fake", "--store", "sqlite:a.db"],
        2,
        /--fake is a server inside this process/
      ],
      [
        ["apply", "--file", "policy.yaml", "--journal", "j", "--store", "sqlite:a.db"],
        2,
        /the journal of a job is in its store/
      ]
    ]
    for (const [args, code, line] of cases) {
      const outcome = yield* run(args)
      assert.strictEqual(outcome.code, code, `${args.join(" ")}: ${outcome.stderr}`)
      assert.match(outcome.stderr, line)
      assert.strictEqual(outcome.stderr.trimEnd().split("\n").length, 1, outcome.stderr)
      assert.notInclude(outcome.stderr, "hidden")
    }
    const keyless = yield* exits(2, run(["worker", "--store", "sqlite:a.db"], noKey))
    assert.match(keyless.stderr, /there is no admin key: set OPENAI_ADMIN_KEY, or pass --admin-key-file <file>$/m)
  })
})

live("says how to get libsql where it is not installed beside the program", function* () {
  const { path } = yield* folder
  for (const name of ["checkpoint-permissions.js", "checkpoint-permissions-stores.txt"]) {
    copyFileSync(join(dirname(binary.bundle), name), join(path, name))
  }
  const program = join(path, "checkpoint-permissions.js")
  const { stderr } = yield* exits(
    1,
    binary.run(["worker", "--store", "sqlite:access.db"], { OPENAI_ADMIN_KEY: secret }, { program })
  )
  assert.match(stderr, /^[^\n]*: a store in SQLite needs libsql, .*: npm install libsql [^\n]*\n$/)
})

describe.skipIf(Postgres.binaries === undefined)("a store in Postgres", () => {
  test("Ctrl-C leaves the work running and says how to come back; a worker ends cleanly", server(100), function* () {
    const postgres = yield* Postgres.postgres
    const url = postgres.url("postgres")
    const { cli: run, fake, home, start, state } = yield* world
    home.write("many.yaml", policyOfMany)
    const redis = Redis.binaries === undefined ? [] : ["--redis", (yield* Redis.redis).url]
    const rate = ["--rate", "1200/minute"]
    const workers = yield* Effect.replicateEffect(
      start(["worker", "--store", url, ...rate, ...redis, "--health", "0"]),
      2
    )
    for (const worker of workers) yield* worker.says("/health says how it is")
    const apply = yield* start(["apply", "--file", "many.yaml", "--yes", "--store", url, ...rate])
    // The plan takes one for each checkpoint. The next is a worker's, in the middle of its turn.
    yield* fake.awaitRequests(many.length + 1)
    for (const worker of workers) yield* worker.signal("SIGSTOP")
    // The lock of a worker that is frozen goes to another one of the same store.
    const lock = state.files("checkpoint-permissions/locks").find((name) => name.endsWith(".lock"))
    assert.strictEqual(JSON.parse(state.read(`checkpoint-permissions/locks/${lock}`)).coordinator, url)
    yield* apply.says(`job 1 is in `)
    yield* apply.signal("SIGINT")
    const left = yield* exits(130, apply.outcome)
    assert.match(
      left.stderr,
      /job 1 goes on without this command: checkpoint-permissions jobs follow 1 --store postgres:/
    )
    assertOneLiners(left.stderr)
    for (const worker of workers) yield* worker.signal("SIGCONT")
    const followed = yield* exits(0, run(["jobs", "follow", "1", "--store", url], noKey))
    assert.match(followed.stdout, /apply {2}done {2}20 of 20/)
    assert.strictEqual((yield* projectsAt(fake, many)).length, 20)
    for (const worker of workers) {
      yield* worker.signal("SIGTERM")
      const { stderr } = yield* exits(0, worker.outcome)
      assertOneLiners(stderr)
    }
    yield* Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`UPDATE checkpoint_permissions_store SET version = 99`
    }).pipe(Effect.provide(PgClient.layer({ url: Redacted.make(url) })))
    const other = yield* exits(1, run(["jobs", "list", "--store", url]))
    assert.match(other.stderr, /has version 99, and this program needs version \d+/)
    const missing = yield* run(["jobs", "list", "--store", postgres.url("nowhere")])
    assert.match(missing.stderr, /cannot be reached: database "nowhere" does not exist/)
    yield* postgres.stop("order")
    const gone = yield* exits(1, run(["jobs", "list", "--store", url]))
    assert.match(gone.stderr, /cannot be reached: .*ECONNREFUSED/)
  })
})
