/** A network for each worker, which can be cut: Linux's network namespaces, as root. */
import { execFileSync, spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { connect, createServer, type Server } from "node:net"
import { Effect, type Scope } from "effect"

export interface Network {
  /** What the command of a worker begins with. */
  readonly command: (place: number) => ReadonlyArray<string>
  /** Where workers reach a port of the loopback address of the tests. */
  readonly reach: (port: number) => Effect.Effect<string, never, Scope.Scope>
  readonly cut: (place: number) => Effect.Effect<void>
  readonly mend: (place: number) => Effect.Effect<void>
}

const ip = (...args: ReadonlyArray<string>) => execFileSync("ip", [...args], { stdio: "pipe" })

/** Whether this process may make network namespaces, and join them. */
export const isHere: boolean = (() => {
  if (process.platform !== "linux") return false
  const name = `probe-${process.pid}`
  const made = spawnSync("ip", ["netns", "add", name]).status === 0
  const linked = made && spawnSync("ip", ["netns", "exec", name, "true"]).status === 0
  if (made) spawnSync("ip", ["netns", "del", name])
  return linked
})()

/** Passes a port of the loopback address on. Nothing but the workers reaches the address it listens on. */
const relay = (address: string, port: number): Effect.Effect<number, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.async<Server>((resume) => {
        const server = createServer((incoming) => {
          const outgoing = connect(port, "127.0.0.1")
          incoming.pipe(outgoing).pipe(incoming)
          incoming.on("error", () => outgoing.destroy())
          outgoing.on("error", () => incoming.destroy())
        })
        server.once("error", (error) => resume(Effect.die(error)))
        server.listen(0, address, () => resume(Effect.succeed(server)))
      }),
      (server) => Effect.sync(() => void server.close())
    ),
    (server) => {
      const bound = server.address()
      return typeof bound === "object" && bound !== null ? bound.port : 0
    }
  )

/** Networks of tests that were killed. */
const removeStale = Effect.sync(() => {
  const names = spawnSync("ip", ["netns", "list"], { encoding: "utf8" }).stdout.matchAll(/^cp-(\d+)x\S+/gm)
  for (const [name, pid] of names) if (!existsSync(`/proc/${pid}`)) spawnSync("ip", ["netns", "del", name])
})

/** Networks for so many workers. They are gone with the scope. */
export const make = (places: number, number: number): Effect.Effect<Network, never, Scope.Scope> =>
  Effect.gen(function* () {
    yield* removeStale
    const id = `${process.pid}x${number}`
    const net = (place: number) => `cp-${id}-${place}`
    const outside = (place: number) => `cp${id}${String.fromCharCode(97 + place)}`
    const subnet = (place: number) => `10.${180 + (process.pid % 60)}.${number * 8 + place}`
    const home = `${subnet(7)}.1`
    yield* Effect.acquireRelease(
      Effect.sync(() => ip("addr", "add", `${home}/32`, "dev", "lo")),
      () => Effect.sync(() => void spawnSync("ip", ["addr", "del", `${home}/32`, "dev", "lo"]))
    )
    for (let place = 0; place < places; place++) {
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          ip("netns", "add", net(place))
          ip("link", "add", outside(place), "type", "veth", "peer", "name", "inside", "netns", net(place))
          ip("addr", "add", `${subnet(place)}.1/30`, "dev", outside(place))
          ip("link", "set", outside(place), "up")
          ip("-n", net(place), "addr", "add", `${subnet(place)}.2/30`, "dev", "inside")
          ip("-n", net(place), "link", "set", "inside", "up")
          ip("-n", net(place), "link", "set", "lo", "up")
          ip("-n", net(place), "route", "add", "default", "via", `${subnet(place)}.1`)
        }),
        () =>
          Effect.sync(() => {
            spawnSync("ip", ["link", "del", outside(place)])
            spawnSync("ip", ["netns", "del", net(place)])
          })
      )
    }
    return {
      command: (place) => ["ip", "netns", "exec", net(place)],
      reach: (port) => Effect.map(relay(home, port), (open) => `${home}:${open}`),
      cut: (place) => Effect.sync(() => void ip("link", "set", outside(place), "down")),
      mend: (place) => Effect.sync(() => void ip("link", "set", outside(place), "up"))
    }
  })
