/**
 * What the emulator bears, asked from another process: requests a second against a server of ready-made pages, 10,000
 * connections at once, a body of 100 MB, 30,000 requests of 15 kB with little memory, and how long it takes from its
 * start to its first reply. Fails if a goal is missed. Names of measurements as arguments: these only.
 */
import { type ChildProcess, fork, spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { connect, type Socket } from "node:net"
import { fileURLToPath } from "node:url"

const bundle = fileURLToPath(new URL("../../dist/checkpoint-permissions.js", import.meta.url))
const pages = fileURLToPath(new URL("../../../bench/src/process/server.ts", import.meta.url))

const checkpoint = "ft:bench:100"
const path = `/v1/fine_tuning/checkpoints/${encodeURIComponent(checkpoint)}/permissions?limit=100`
const get = (target: string) => `GET ${target} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer any\r\n\r\n`

interface Server {
  readonly port: number
  readonly child: ChildProcess
}

const startEmulator = async (...nodeOptions: ReadonlyArray<string>): Promise<Server> => {
  const child = spawn(process.execPath, [...nodeOptions, bundle, "emulator"], { stdio: ["ignore", "pipe", "inherit"] })
  const [line] = await once(child.stdout.setEncoding("utf8"), "data")
  return { child, port: Number(new URL(String(line).trim()).port) }
}

const startPages = async (): Promise<Server> => {
  const child = fork(pages, [], { execArgv: ["--import", "tsx"] })
  const [message] = await once(child, "message")
  return { child, port: Number(new URL(message.url).port) }
}

const stop = async ({ child }: Server): Promise<void> => {
  const ended = once(child, "exit")
  child.kill()
  await ended
}

/** The bytes of a reply, once its end has come. */
const replyLength = (text: string): number | undefined => {
  const end = text.indexOf("\r\n\r\n")
  const [, length] = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, end)) ?? []
  return end < 0 || length === undefined ? undefined : end + 4 + Number(length)
}

/** Sends one request after the other on a connection, until `isOver`. */
const repeat = (port: number, request: string, isOver: () => boolean): Promise<number> =>
  new Promise((resolve, reject) => {
    let replies = 0
    let received = ""
    const socket = connect(port, "127.0.0.1", () => socket.write(request))
    socket.setEncoding("latin1").setNoDelay()
    socket.on("error", reject)
    socket.on("data", (text: string) => {
      received += text
      const length = replyLength(received)
      if (length === undefined || received.length < length) return
      if (!received.startsWith("HTTP/1.1 200")) return reject(new Error(received))
      received = received.slice(length)
      replies += 1
      if (isOver()) {
        socket.destroy()
        resolve(replies)
      } else socket.write(request)
    })
  })

const requestsPerSecond = async ({ port }: Server, millis: number): Promise<number> => {
  const from = performance.now()
  const isOver = () => performance.now() - from > millis
  const counts = await Promise.all(Array.from({ length: 16 }, () => repeat(port, get(path), isOver)))
  return (counts.reduce((sum, count) => sum + count, 0) / (performance.now() - from)) * 1000
}

/** Resident megabytes, as Linux counts them. */
const memory = ({ child }: Server): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]) / 1024

/** All that comes back until the connection ends. */
const exchange = (port: number, write: (socket: Socket) => void): Promise<string> =>
  new Promise((resolve) => {
    let received = ""
    const socket = connect(port, "127.0.0.1", () => write(socket))
    socket.setEncoding("latin1")
    socket.on("data", (text: string) => {
      received += text
      const length = replyLength(received)
      if (length !== undefined && received.length >= length) socket.destroy()
    })
    socket.on("error", () => {})
    socket.on("close", () => resolve(received))
  })

const isEnvelope = (reply: string): boolean =>
  /^HTTP\/1\.1 [45]\d\d /.test(reply) && reply.includes("\r\nx-request-id: ") && reply.includes('{"error":{"message":')

const nextIsRight = async (port: number): Promise<boolean> =>
  (await exchange(port, (socket) => socket.write(get(path)))).startsWith("HTTP/1.1 200 ")

const failures: Array<string> = []
const goal = (what: string, value: string, isMet: boolean) => {
  process.stdout.write(`${isMet ? "✓" : "✗"} ${what.padEnd(48)} ${value}\n`)
  if (!isMet) failures.push(what)
}

const median = (values: ReadonlyArray<number>): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

const firstReply = async (): Promise<number> => {
  const from = performance.now()
  const server = await startEmulator()
  await nextIsRight(server.port)
  const took = performance.now() - from
  await stop(server)
  return took
}

const measureStart = async () => {
  const times = []
  for (let i = 0; i < 9; i++) times.push(await firstReply())
  goal("start to first reply (≤ 350 ms)", `${median(times).toFixed(0)} ms`, median(times) <= 350)
}

const measureRate = async () => {
  const emulator = await startEmulator()
  const { port } = emulator
  const projects = Array.from({ length: 100 }, (_, i) => `proj_${String(i).padStart(24, "0")}`)
  await fetch(`http://127.0.0.1:${port}/__fake/seed`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ [checkpoint]: projects })
  })
  const ready = await startPages()
  const ours = []
  const theirs = []
  for (let round = 0; round < 5; round++) {
    ours.push(await requestsPerSecond(emulator, 1500))
    theirs.push(await requestsPerSecond(ready, 1500))
  }
  const ratio = median(ours) / median(theirs)
  const rates = `${median(ours).toFixed(0)} of ${median(theirs).toFixed(0)} a second, ${ratio.toFixed(2)}`
  goal("requests a second, of ready-made pages (≥ 0.33)", rates, ratio >= 1 / 3)
  await stop(emulator)
  await stop(ready)
}

const held = async (what: string, server: Server, attempt: () => Promise<boolean>) => {
  const before = memory(server)
  const isRight = (await attempt()) && (await nextIsRight(server.port))
  let after = memory(server)
  for (let i = 0; i < 20 && after > before + 60; i++) {
    await Promise.all(Array.from({ length: 200 }, () => nextIsRight(server.port)))
    after = memory(server)
  }
  goal(what, `${before.toFixed(0)} MB before, ${after.toFixed(0)} MB after`, isRight && after <= before + 60)
}

const measureLoad = async () => {
  const server = await startEmulator()
  const { port } = server
  for (let i = 0; i < 20; i++) await Promise.all(Array.from({ length: 500 }, () => nextIsRight(port)))
  await held("10,000 connections at once", server, async () => {
    const sockets: Array<Socket> = []
    const replies = Array.from({ length: 10_000 }, () => exchange(port, (socket) => sockets.push(socket)))
    while (sockets.length < 10_000) await new Promise((resolve) => setTimeout(resolve, 10))
    for (const socket of sockets) socket.write(get(path))
    return (await Promise.all(replies)).every((reply) => reply.startsWith("HTTP/1.1 200 "))
  })
  await held("a body of 100 MB", server, async () => {
    const reply = await exchange(port, async (socket) => {
      socket.write(
        `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer any\r\ncontent-length: 100000000\r\n\r\n`
      )
      const chunk = Buffer.alloc(1_000_000, "x")
      for (let i = 0; i < 100; i++) if (!socket.write(chunk)) await once(socket, "drain")
    })
    return reply.startsWith("HTTP/1.1 413 ") && isEnvelope(reply)
  })
  await stop(server)
}

const measureQueries = async () => {
  const server = await startEmulator("--max-old-space-size=256")
  const { child, port } = server
  const from = performance.now()
  let sent = 0
  const one = () => `${path}&${"x".repeat(15_000)}${sent}`
  const isOver = () => sent >= 30_000 || child.exitCode !== null
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      while (!isOver()) {
        sent += 1
        await exchange(port, (socket) => socket.write(get(one())))
      }
    })
  )
  const seconds = ((performance.now() - from) / 1000).toFixed(0)
  const isAlive = child.exitCode === null && (await nextIsRight(port))
  goal(`30,000 queries of 15 kB in 256 MB (${seconds} s)`, `${isAlive ? memory(server).toFixed(0) : "?"} MB`, isAlive)
  await stop(server)
}

const measurements = {
  start: measureStart,
  rate: measureRate,
  load: measureLoad,
  queries: measureQueries
}

const wanted = process.argv.slice(2)
for (const [name, measure] of Object.entries(measurements)) {
  if (wanted.length === 0 || wanted.includes(name)) await measure()
}
process.exitCode = failures.length === 0 ? 0 : 1
