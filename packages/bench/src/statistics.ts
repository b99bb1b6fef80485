/** Runs in turn, medians, and how they are written. */

import type { ContenderName, Job, Sample } from "./process/job.ts"
import { type Worker, worker } from "./processes.ts"
import type { Context } from "./row.ts"

export const median = (numbers: ReadonlyArray<number>): number => {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

export interface Measured {
  readonly wall: number
  readonly cpu: number
  readonly maxRss: number
  readonly samples: ReadonlyArray<Sample>
}

export const measured = (samples: ReadonlyArray<Sample>): Measured => ({
  wall: median(samples.map((sample) => sample.wall)),
  cpu: median(samples.map((sample) => sample.cpu)),
  maxRss: median(samples.map((sample) => sample.maxRss)),
  samples
})

/** Everyone once in each round, and each round begins with another: what disturbs the machine disturbs all. */
export const inTurn = async <K extends string>(
  names: ReadonlyArray<K>,
  rounds: number,
  run: (name: K) => Promise<Sample>
): Promise<Map<K, ReadonlyArray<Sample>>> => {
  const samples = new Map<K, Array<Sample>>()
  for (const name of names) samples.set(name, [])
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(round + turn) % names.length]
      if (name !== undefined) samples.get(name)?.push(await run(name))
    }
  }
  return samples
}

export type Table = Readonly<Record<ContenderName, Measured>>

const contenders: ReadonlyArray<ContenderName> = ["ours", "openai", "aiOpenai", "bare", "floor"]

/** Each contender in a process of its own, on the same job. */
export const compare = async (
  context: Context,
  url: string,
  job: Job,
  options: { readonly warmUp: number; readonly runs?: number | undefined }
): Promise<Table> => {
  const workers = new Map<ContenderName, Worker>()
  try {
    for (const name of contenders) workers.set(name, await worker(name, url))
    const run = (name: ContenderName): Promise<Sample> => {
      const one = workers.get(name)
      return one === undefined ? Promise.reject(new Error(`no process for ${name}`)) : one.run(job)
    }
    await inTurn(contenders, context.quick ? 1 : options.warmUp, run)
    const samples = await inTurn(contenders, options.runs ?? context.runs, run)
    const answers = new Set([...samples.values()].flat().map((sample) => sample.answer))
    if (answers.size !== 1) throw new Error(`the contenders did not all do the same: ${[...answers].join(", ")}`)
    const of = (name: ContenderName) => measured(samples.get(name) ?? [])
    return { ours: of("ours"), openai: of("openai"), aiOpenai: of("aiOpenai"), bare: of("bare"), floor: of("floor") }
  } finally {
    for (const one of workers.values()) one.close()
  }
}

const millis = (value: number): string => (value < 10_000 ? `${value.toFixed(0)} ms` : `${(value / 1000).toFixed(1)} s`)

/** One of the two times of everyone. */
export const times = (table: Table, by: "wall" | "cpu"): Record<ContenderName, string> => ({
  ours: millis(table.ours[by]),
  openai: millis(table.openai[by]),
  aiOpenai: millis(table.aiOpenai[by]),
  bare: millis(table.bare[by]),
  floor: millis(table.floor[by])
})

export const ratio = (value: number): string => `${value.toFixed(2)} ×`

export const kib = (bytes: number): string => `${(bytes / 1024).toFixed(2)} KiB`
