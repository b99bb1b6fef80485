/**
 * Random histories of merges, with the decisions of the action: which policy commits were never applied. Pull requests are
 * planned when they are opened, merged in each of three ways, and applied one after the other. Some runs are superseded
 * while they wait, and some fail halfway.
 */
import { reviewers, type Steps, startOf, unreviewed } from "../../src/review.ts"
import { type Git, makeGit } from "../support/git.ts"

const file = "policy"
const merges = 40
const checkpoints = 60
const projects = 40

/** Returns a random number below `below`, by mulberry32. */
const randomOf = (seed: number) => {
  let state = seed
  return (below: number): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

interface Pull {
  readonly number: number
  readonly head: string
  readonly plan: Steps
}

export interface Outcome {
  /** Commits of the main branch that changed the policy. */
  readonly commits: number
  /** The merges that no apply has applied at the end. */
  readonly open: number
  readonly superseded: number
  readonly failed: number
  /** Refused applies: while a direct push was not applied, and others. */
  readonly refusedPushes: number
  readonly refusedMerges: number
  /** Successful applies after which the server differed from the policy. */
  readonly wrong: number
}

/** Runs one history. `start` decides what an apply compares with. */
export const simulate = (
  seed: number,
  start: (git: Git, commit: string, last: string | undefined) => ReturnType<typeof startOf>
): Outcome => {
  const random = randomOf(seed)
  const percent = (chance: number) => random(100) < chance
  const git = makeGit()
  const server = new Map<string, string>()
  let ids = 0
  const linesAt = (commit: string) => (git.at(commit).files[file] ?? "").split("\n").filter((line) => line !== "")
  const checkpointsOf = (lines: Iterable<string>) => new Set([...lines].map((line) => line.split(" ")[0] ?? ""))

  /** Plans the entries that differ from those of another commit, or all. */
  const planned = (commit: string, base: string | undefined): Steps => {
    const wanted = new Set(linesAt(commit))
    const before = new Set(base === undefined ? [] : linesAt(base))
    const isSame = (line: string) => base !== undefined && before.has(line) === wanted.has(line)
    const differing = checkpointsOf(
      [...wanted, ...before, ...(base === undefined ? server.keys() : [])].filter((line) => !isSame(line))
    )
    const isIn = (line: string) => differing.has(line.split(" ")[0] ?? "")
    const revokes = [...server].flatMap(([line, id]) => (isIn(line) && !wanted.has(line) ? [`- ${line} ${id}`] : []))
    const grants = [...wanted].flatMap((line) => (isIn(line) && !server.has(line) ? [`+ ${line}`] : []))
    return { server: "", steps: [...revokes, ...grants], ended: new Set() }
  }

  const make = (step: string) => {
    const [sign, checkpoint, project] = step.split(" ")
    if (sign === "-") server.delete(`${checkpoint} ${project}`)
    else server.set(`${checkpoint} ${project}`, `cp_${++ids}`)
  }

  /** Changes one to three projects of the policy of a commit. */
  const edited = (commit: string): string => {
    const lines = new Set(linesAt(commit))
    for (let count = 1 + random(3); count > 0; count--) {
      const line = `ft:${random(checkpoints)} proj_${random(projects)}`
      if (!lines.delete(line)) lines.add(line)
    }
    return git.commit([commit], { [file]: [...lines].map((line) => `${line}\n`).join("") })
  }

  let tip = git.commit([], { [file]: "" })
  const root = tip
  const pulls: Array<Pull> = []
  const merged: Array<Parameters<typeof reviewers>[0][number]> = []
  const plans = new Map<number, Steps>()
  const count = { superseded: 0, failed: 0, refusedPushes: 0, refusedMerges: 0, wrong: 0 }
  const policyCommits = new Set<string>()
  const applied = new Set<string>()
  let last: string | undefined
  /** True if a direct push without a review was not applied. */
  let isPushed = false

  /** Opens a pull request, and plans the merge of it against its first parent. */
  const open = () => {
    let head = tip
    for (let commits = 1 + random(3); commits > 0; commits--) head = edited(head)
    const merge = git.commit([tip, head], git.at(head).files)
    pulls.push({ number: plans.size + 1 + pulls.length, head, plan: planned(merge, tip) })
  }

  const succeed = (commit: string, since: string | undefined) => {
    for (const sha of since === undefined ? git.history(commit) : git.between(since, commit)) applied.add(sha)
    const wanted = linesAt(commit)
    if (wanted.length !== server.size || wanted.some((line) => !server.has(line))) count.wrong += 1
  }

  /** Applies all of the policy, in another workflow: a person has read the summary of a refused apply. */
  const byHand = (commit: string) => {
    for (const step of planned(commit, undefined).steps) make(step)
    succeed(commit, undefined)
    isPushed = false
  }

  const apply = (commit: string) => {
    const from = start(git, commit, last)
    if (from._tag === "Older") return
    const since = from._tag === "Since" ? from.commit : undefined
    const now = planned(commit, since)
    const range = since === undefined ? undefined : new Set(git.between(since, commit))
    const reviewed = reviewers(merged, "main", range).flatMap(({ number }) => plans.get(number) ?? [])
    if (unreviewed(now, reviewed).length > 0) {
      if (isPushed) count.refusedPushes += 1
      else count.refusedMerges += 1
      if (percent(50)) byHand(commit)
      return
    }
    if (percent(5)) {
      count.failed += 1
      for (const step of now.steps.slice(0, random(now.steps.length + 1))) make(step)
      return
    }
    for (const step of now.steps) make(step)
    succeed(commit, since)
    last = commit
  }

  while (merged.length < merges) {
    while (pulls.length < 3 || percent(30)) open()
    const isPush = percent(5)
    const before = tip
    if (isPush) tip = edited(tip)
    else {
      const [pull] = pulls.splice(random(pulls.length), 1)
      if (pull === undefined) continue
      const method = random(3)
      const [files, own] = [git.merged(tip, pull.head), git.between(tip, pull.head).toReversed()]
      if (method === 2) for (const sha of own) tip = git.commit([tip], git.merged(tip, sha, git.at(sha).parents[0]))
      else tip = git.commit(method === 0 ? [tip, pull.head] : [tip], files)
      plans.set(pull.number, pull.plan)
      merged.push({
        number: pull.number,
        head: pull.head,
        base: "main",
        merge: tip,
        mergedAt: String(merged.length).padStart(4, "0")
      })
    }
    if (git.at(before).files[file] === git.at(tip).files[file]) continue
    policyCommits.add(tip)
    if (isPush) isPushed = true
    if (percent(5)) count.superseded += 1
    else apply(tip)
  }
  policyCommits.delete(root)
  return { commits: policyCommits.size, open: [...policyCommits].filter((sha) => !applied.has(sha)).length, ...count }
}

/** The rule of the action: the newest successful apply of this workflow. */
export const sinceLastApply = (git: Git, commit: string, last: string | undefined) =>
  startOf(last === undefined ? undefined : { commit: last, relation: git.relation(last, commit) }, true)

/** The rule that is not ours: the first parent of the pushed commit. */
export const sinceFirstParent = (git: Git, commit: string) =>
  startOf({ commit: git.at(commit).parents[0] ?? commit, relation: "ahead" }, true)

/** Runs histories from a seed on, and adds up their outcomes. */
export const simulateAll = (seeds: number, start: Parameters<typeof simulate>[1], firstSeed = 1): Outcome => {
  const outcomes = Array.from({ length: seeds }, (_, index) => simulate(firstSeed + index, start))
  const sum = (of: (outcome: Outcome) => number) => outcomes.reduce((total, outcome) => total + of(outcome), 0)
  return {
    commits: sum(({ commits }) => commits),
    open: sum(({ open }) => open),
    superseded: sum(({ superseded }) => superseded),
    failed: sum(({ failed }) => failed),
    refusedPushes: sum(({ refusedPushes }) => refusedPushes),
    refusedMerges: sum(({ refusedMerges }) => refusedMerges),
    wrong: sum(({ wrong }) => wrong)
  }
}
