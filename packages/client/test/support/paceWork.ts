/** The work that the figures are about, and what a pace makes of it over many seeds. */
import { adaptive } from "../../src/internal/paceAdaptive.ts"
import type { Machine } from "../../src/internal/paceMachine.ts"
import * as Servers from "./paceServers.ts"
import { random, simulate, type Work } from "./paceSimulation.ts"

export interface Case {
  readonly server: (seed: number) => Servers.Server
  readonly headers: Work["headers"]
  readonly seeds: number
  readonly machine?: <A>(use: <S>(machine: Machine<S>) => A) => A
}

export interface Figures {
  /** Times against the least possible, sorted. */
  readonly ratios: ReadonlyArray<number>
  /** Percent of the requests of both operations, sorted. */
  readonly refused: ReadonlyArray<number>
  readonly failed: number
}

const byAdaptive = <A>(use: <S>(machine: Machine<S>) => A): A => use(adaptive)

export const ascending = (numbers: ReadonlyArray<number>): ReadonlyArray<number> => [...numbers].sort((a, b) => a - b)

export const median = (sorted: ReadonlyArray<number>): number => sorted[Math.floor(sorted.length / 2)] ?? 0

export const worst = (sorted: ReadonlyArray<number>): number => sorted[sorted.length - 1] ?? 0

/** 200 deletes and 50 listings, each counted apart, 8 fibers, replies after 50 to 200 milliseconds. */
export const measure = (options: Case): Figures => {
  const ratios: Array<number> = []
  const refused: Array<number> = []
  let failed = 0
  for (let seed = 1; seed <= options.seeds; seed++) {
    let all = 0
    let limited = 0
    for (const requests of [200, 50]) {
      const work: Work = {
        requests,
        fibers: 8,
        latency: [50, 200],
        headers: options.headers,
        seed: seed * 1000 + requests
      }
      const server = options.server(seed)
      const result = (options.machine ?? byAdaptive)((machine) => simulate(machine, server, work))
      const least = server.least(requests)
      if (least > 0) ratios.push(result.time / least)
      all += result.sent
      limited += result.refused
      failed += result.failed
    }
    refused.push((100 * limited) / all)
  }
  return { ratios: ascending(ratios), refused: ascending(refused), failed }
}

/** Falls to a third half-way, for so many minutes' worth of work, and comes back. */
export const falling =
  (perMinute: number, seed: number): Servers.RateAt =>
  (now) => {
    const from = ((200 - perMinute) / perMinute) * 30_000 + random(seed)() * 30_000
    const back = from + 10 * Servers.minute * Math.min(1, 10 / perMinute)
    return now < from || now > back ? perMinute : perMinute / 3
  }
