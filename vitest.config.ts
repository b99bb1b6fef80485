import { defineConfig } from "vitest/config"
import projects from "./vitest.workspace.ts"

// A project says which of the two pools it is for. Threads are for code that is tested within one process, and keep the
// modules that they have loaded from one file to the next. Forks are for tests that start processes or servers, which
// wait most of the time. Both run at once: on two cores, three threads and two forks.
export default defineConfig({
  test: {
    projects,
    pool: "forks",
    poolOptions: {
      // A pool that shrinks while it goes on to the next project now and then ends a thread twice, which is an error.
      threads: { isolate: false, minThreads: 3, maxThreads: 3 },
      forks: { minForks: 1, maxForks: 2 }
    }
  }
})
