import { execFileSync } from "node:child_process"
import { chownSync, mkdirSync, readFileSync, rmSync, symlinkSync } from "node:fs"
import { dirname, join } from "node:path"
import { Emulator } from "@checkpoint-permissions/testing"
import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { exits } from "./support/inProcess.ts"
import { test } from "./support/test.ts"
import { folder, organization, policyOf, weather, world } from "./support/world.ts"

const started = Date.now()
const minutes = (ago: number): number => Math.floor((started - ago * 60_000) / 1000)

const server = Emulator.layer({
  seed: { [weather]: ["proj_a"] },
  organization: { ...organization, events: [{ type: "organization.updated", effective_at: minutes(100_000) }] }
})

const granting = (...projects: ReadonlyArray<string>) => policyOf([weather], ...projects)

/** A repository in a folder whose name has a space: a policy with proj_a, then one with proj_b too. */
const repository = Effect.gen(function* () {
  const { cli, fake, home, env } = yield* world
  const user = yield* folder
  const variables = {
    PATH: process.env["PATH"] ?? "",
    HOME: user.path,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_AUTHOR_NAME: "Ana",
    GIT_AUTHOR_EMAIL: "ana@example.com",
    GIT_COMMITTER_NAME: "Ana",
    GIT_COMMITTER_EMAIL: "ana@example.com"
  }
  const top = join(home.path, "a repository")
  mkdirSync(join(top, "access ä"), { recursive: true })
  const gitIn = (cwd: string, args: ReadonlyArray<string>, more: Readonly<Record<string, string>> = {}): string =>
    execFileSync("git", [...args], { cwd, env: { ...variables, ...more }, stdio: "pipe" })
      .toString()
      .trim()
  const git = (...args: ReadonlyArray<string>) => gitIn(top, args)
  const write = (text: string, name = "access ä/team.yaml") => {
    mkdirSync(dirname(join(top, name)), { recursive: true })
    home.write(`a repository/${name}`, text)
  }
  /** Commits everything, so many minutes ago, and returns the id. */
  const save = (subject: string, ago: number) => {
    git("add", "--all")
    gitIn(top, ["commit", "-qm", subject], { GIT_COMMITTER_DATE: `${minutes(ago)} +0000` })
    return git("rev-parse", "HEAD")
  }
  git("init", "-q", "-b", "main")
  write(granting("proj_a"))
  const base = save("first policy", 300)
  write(granting("proj_a", "proj_b"))
  const head = save("access for b", 60)
  /** Runs a command that reads the policy of a folder, with the variables of git. */
  const since = (command: string, commit: string, ...more: ReadonlyArray<string>) =>
    cli([command, "-f", join(top, "access ä"), "--since", commit, ...more], variables)
  const sent = Effect.map(fake.requests, (all) => all.map(({ method }) => method))
  return { base, cli, env, fake, git, gitIn, head, home, save, since, sent, top, variables, write }
})

type Repository = Effect.Effect.Success<typeof repository>

describe("plan --since", () => {
  test("shows what the commits ask for, each with its commit", server, function* () {
    const { base, head, since } = yield* repository
    const { stdout } = yield* exits(0, since("plan", base))
    assert.match(stdout, new RegExp(`\\+ proj_b .*${head.slice(0, 7)} access for b`))
    const json = JSON.parse((yield* exits(0, since("plan", base, "--json"))).stdout)
    assert.deepInclude(json.checkpoints[0].steps[0].commit, { id: head, subject: "access for b" })
    assert.include((yield* exits(0, since("plan", head))).stdout, "Nothing to change.\n")
  })

  const rows: ReadonlyArray<readonly [what: string, change: (repository: Repository) => void]> = [
    [
      "of a checkout without the policy (sparse)",
      ({ git, top }) => {
        mkdirSync(join(top, "other"))
        git("sparse-checkout", "set", "other")
      }
    ],
    [
      "with line ends that git converts",
      ({ git, top }) => {
        git("config", "core.autocrlf", "true")
        rmSync(join(top, "access ä", "team.yaml"))
        git("checkout", "-q", "access ä")
        assert.include(readFileSync(join(top, "access ä", "team.yaml"), "utf8"), "\r\n")
      }
    ],
    [
      "without replaced objects",
      ({ git, head, save, write }) => {
        write(granting("proj_a", "proj_evil"))
        const other = save("replacement", 30)
        git("reset", "-q", "--hard", head)
        git("replace", head, other)
      }
    ]
  ]
  for (const [what, change] of rows) {
    test(`reads the commits ${what}`, server, function* () {
      const made = yield* repository
      change(made)
      const { stdout } = yield* exits(0, made.since("plan", made.base))
      assert.match(stdout, /^\+ proj_b /m)
      assert.notInclude(stdout, "proj_evil")
    })
  }

  test("ignores the repository that a hook names", server, function* () {
    const { base, cli, gitIn, top, variables } = yield* repository
    const other = yield* folder
    gitIn(other.path, ["init", "-q"])
    const args = ["plan", "-f", join(top, "access ä"), "--since", base]
    const { stdout } = yield* exits(0, cli(args, { ...variables, GIT_DIR: join(other.path, ".git") }))
    assert.match(stdout, /^\+ proj_b /m)
  })

  test("takes the time and subject of a merge, and not those of the commits that it brings", server, function* () {
    const { base, git, gitIn, save, since, top, write } = yield* repository
    git("checkout", "-qb", "side", base)
    write(granting("proj_c"), "access ä/other.yaml")
    write("version: 1\ncheckpoints: {}\n", "access ä/team.yaml")
    save("side change", 200)
    git("checkout", "-q", "main")
    gitIn(top, ["merge", "-q", "--no-ff", "-X", "theirs", "-m", "merge side", "side"], {
      GIT_COMMITTER_DATE: `${minutes(10)} +0000`
    })
    const json = JSON.parse((yield* since("plan", base, "--json")).stdout)
    const steps = json.checkpoints.flatMap(({ steps }: { steps: ReadonlyArray<object> }) => steps)
    assert.isNotEmpty(steps)
    for (const step of steps) assert.propertyVal(step.commit, "subject", "merge side")
    // a commit of the side branch is no base
    const side = yield* exits(4, since("apply", git("rev-parse", "side"), "--yes"))
    assert.include(side.stderr, "is not on the first-parent history of HEAD")
  })
})

describe("without a base, apply --since revokes nothing but ended access, and exits with 4", () => {
  const rows: ReadonlyArray<
    readonly [what: string, change: (repository: Repository) => string, reason: string, folder?: string]
  > = [
    [
      "after a force push",
      ({ base, git, head }) => {
        git("reset", "-q", "--hard", base)
        return head
      },
      "is not on the first-parent history of HEAD"
    ],
    ["with an unknown commit", () => "0".repeat(40), "is not in this clone"],
    [
      "with no policy at the commit",
      ({ git, head, save, write }) => {
        git("rm", "-qr", "access ä")
        const removed = save("no policy", 40)
        write(granting("proj_a", "proj_b"))
        save(`again ${head}`, 20)
        return removed
      },
      "there is no valid policy at"
    ]
  ]
  for (const [what, change, reason] of rows) {
    test(what, server, function* () {
      const made = yield* repository
      const { stderr } = yield* exits(4, made.since("apply", change(made), "--yes"))
      assert.include(stderr, reason)
      assert.match(stderr, /no base, so only access that has ended is revoked: approve a plan of every difference/)
      assert.isTrue((yield* made.sent).every((method) => method === "GET"))
    })
  }

  test("in a shallow clone that does not reach it", server, function* () {
    const { base, cli, gitIn, home, sent, top, variables } = yield* repository
    gitIn(home.path, ["clone", "-q", "--depth", "1", `file://${encodeURI(top)}`, "clone"])
    const args = ["apply", "-f", join(home.path, "clone", "access ä"), "--since", base, "--yes"]
    assert.include((yield* exits(4, cli(args, variables))).stderr, "is not in this clone")
    assert.isTrue((yield* sent).every((method) => method === "GET"))
  })

  test("a plan over the whole policy that was approved is the base: its commit", server, function* () {
    const { fake, head, save, since, write } = yield* repository
    yield* exits(0, since("plan", head, "--all", "--out", "all.json"))
    const { stdout } = yield* exits(0, since("apply", "0".repeat(40), "--approved", "all.json", "--yes"))
    assert.include(stdout, "✓ Apply complete: 1 granted")
    assert.sameMembers([...(yield* fake.projects(weather))], ["proj_a", "proj_b"])
    write(granting("proj_a", "proj_b", "proj_c"))
    save("access for c", 5)
    const next = yield* exits(0, since("apply", "0".repeat(40), "--approved", "all.json", "--yes"))
    assert.include(next.stdout, "✓ Apply complete: 1 granted")
  })
})

describe("wrong use of --since sends nothing", () => {
  const rows: ReadonlyArray<readonly [what: string, change: (repository: Repository) => void, says: RegExp]> = [
    ["a changed policy", ({ write }) => write(granting("proj_a")), /team\.yaml differs from HEAD/],
    ["an untracked policy", ({ write }) => write(granting(), "access ä/new.yaml"), /new\.yaml differs from HEAD/],
    [
      "an invalid policy at HEAD",
      ({ save, write }) => {
        write("version: 7\n")
        save("invalid", 5)
      },
      /version/
    ],
    [
      "a symbolic link",
      ({ git, save, top }) => {
        git("mv", "access ä", "real")
        symlinkSync("real", join(top, "access ä"))
        save("link", 5)
      },
      /is a symbolic link/
    ],
    ["no repository", ({ top }) => rmSync(join(top, ".git"), { recursive: true }), /git: not a git repository/]
  ]
  for (const [what, change, says] of rows) {
    test(what, server, function* () {
      const made = yield* repository
      change(made)
      const { stderr } = yield* exits(2, made.since("apply", made.base, "--yes"))
      assert.match(stderr, says)
      assert.deepStrictEqual(yield* made.sent, [])
    })
  }

  test("a name that is no commit, and a policy of two repositories", server, function* () {
    const { base, cli, gitIn, sent, since, top, variables } = yield* repository
    assert.include((yield* exits(2, since("apply", "nothing", "--yes"))).stderr, "not a commit of this repository")
    const other = yield* folder
    gitIn(other.path, ["init", "-q"])
    other.write("p.yaml", granting())
    const both = ["apply", "-f", join(top, "access ä"), "-f", join(other.path, "p.yaml"), "--since", base, "--yes"]
    assert.include((yield* exits(2, cli(both, variables))).stderr, "in several git repositories")
    assert.deepStrictEqual(yield* sent, [])
  })

  // only root can make a folder of another user
  if (process.getuid?.() === 0) {
    test("a repository of another user, with the message of git", server, function* () {
      const { base, sent, since, top } = yield* repository
      chownSync(top, 12_345, 12_345)
      assert.match((yield* exits(2, since("apply", base, "--yes"))).stderr, /dubious ownership/)
      assert.deepStrictEqual(yield* sent, [])
    })
  }
})
