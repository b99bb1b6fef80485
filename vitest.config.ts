import { availableParallelism } from "node:os"
import { defineConfig } from "vitest/config"
import { BaseSequencer, type TestSpecification } from "vitest/node"
import { isEndurance } from "./tools/endurance.ts"
import projects from "./vitest.workspace.ts"

/** Files that take long for their size. Begun first, they do not run alone when all others have ended. */
const long = /\/(\w+\.endurance|apply|offboard|walk\w*|binary|docs|snippets)(\.process)?\.test\.ts$/

class LongFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    const sorted = await super.sort(files)
    const isLong = ({ moduleId }: TestSpecification): boolean => long.test(moduleId)
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}

/**
 * Workers of the two pools, which run at the same time. Forks mostly wait for the processes that they start. Each worker
 * loads and compiles everything that it runs, so more of them take longer. A file of the endurance run takes long by itself.
 */
const forks = availableParallelism()
const threads = isEndurance ? forks : Math.max(1, Math.floor(forks / 2))

// A project says which of the two pools it is for. Forks are for tests that start processes or servers, or run commands;
// all other code is tested in threads. Both keep the modules that they have loaded from one file to the next.
export default defineConfig({
  test: {
    projects,
    sequence: { sequencer: LongFirst },
    pool: "forks",
    poolOptions: {
      // A pool that shrinks while it goes on to the next project now and then ends a thread twice, which is an error.
      threads: { isolate: false, minThreads: threads, maxThreads: threads },
      forks: { isolate: false, minForks: 1, maxForks: forks }
    }
  }
})
