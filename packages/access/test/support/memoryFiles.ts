/** The disk of the simulation for locks, which has one folder and carries out each operation in one step. */
import { Effect } from "effect"
import { Disk } from "../simulation/world/disk.ts"
import { make } from "../simulation/world/fileSystem.ts"

export const memoryDisk = (folder: string) =>
  Effect.map(Effect.clock, (clock) => {
    /** What is added to the time, in milliseconds. */
    const time = { skew: 0 }
    const disk = new Disk(1, 1000, () => clock.unsafeCurrentTimeMillis() + time.skew)
    const below = (): ReadonlyArray<string> =>
      disk.has(folder)
        ? disk
            .readDirectory(folder)
            .map((name) => `${folder}/${name}`)
            .sort()
        : []
    return {
      disk,
      time,
      below,
      text: (path: string) => disk.text(path) ?? "",
      makeOlder: (millis: number) => {
        for (const path of below()) disk.node(path).mtime -= millis
      },
      /** As a process sees it; `proc` gives the files below `/proc`: contents, and targets of links. */
      files: (proc: (path: string) => string | undefined = () => undefined) =>
        make(disk, { later: (task) => task(), proc })
    }
  })
