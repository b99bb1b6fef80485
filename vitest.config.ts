import { defineConfig } from "vitest/config"
import { BaseSequencer, type TestSpecification } from "vitest/node"
import projects from "./vitest.workspace.ts"

/** Files that take long for their size. Begun first, they do not run alone when all others have ended. */
const long = /(\.endurance|binary|docs|snippets)\.test\.ts$/

class LongFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    const sorted = await super.sort(files)
    const isLong = ({ moduleId }: TestSpecification): boolean => long.test(moduleId)
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}

// A project says which of the two pools it is for. Threads are for code that is tested within one process, forks for
// tests that start processes or servers, which wait most of the time. Both keep the modules that they have loaded from
// one file to the next. Both run at once: on two cores, three threads and two forks.
export default defineConfig({
  test: {
    projects,
    sequence: { sequencer: LongFirst },
    pool: "forks",
    poolOptions: {
      // A pool that shrinks while it goes on to the next project now and then ends a thread twice, which is an error.
      threads: { isolate: false, minThreads: 3, maxThreads: 3 },
      forks: { isolate: false, minForks: 1, maxForks: 2 }
    }
  }
})
