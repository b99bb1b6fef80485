/** A Postgres for the test: a folder of its own, on a free port of the loopback address. */
import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { createInterface } from "node:readline"
import { Effect } from "effect"

/** Debian keeps the programs of the server out of PATH. */
const binaries = (): string => {
  const debian = "/usr/lib/postgresql"
  const versions = existsSync(debian) ? readdirSync(debian).sort((one, other) => Number(other) - Number(one)) : []
  const folders = [
    ...versions.map((version) => join(debian, version, "bin")),
    ...(process.env.PATH ?? "").split(delimiter)
  ]
  const found = folders.find((folder) => existsSync(join(folder, "initdb")))
  if (found === undefined) throw new Error("there is no initdb: install Postgres, such as apt-get install postgresql")
  return found
}

/** The user that the server runs as: Postgres refuses to run as root. */
const user = (): { uid: number; gid: number } | undefined => {
  if (process.getuid?.() !== 0) return undefined
  const users = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"))
  const [, , uid, gid] = users.find(([name]) => name === "postgres") ?? users.find(([name]) => name === "nobody") ?? []
  return { uid: Number(uid), gid: Number(gid) }
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  await once(server, "close")
  return typeof address === "object" && address !== null ? address.port : 0
}

const start = async (databases: ReadonlyArray<string>) => {
  const bin = binaries()
  const as = { cwd: "/", ...user() }
  const folder = mkdtempSync(join(tmpdir(), "durable-apply-"))
  if (as.uid !== undefined && as.gid !== undefined) chownSync(folder, as.uid, as.gid)
  const data = join(folder, "data")
  const options = ["-U", "postgres", "--auth=trust", "--no-sync", "--no-locale", "-E", "UTF8"]
  execFileSync(join(bin, "initdb"), ["-D", data, ...options], { ...as, stdio: "pipe" })
  const port = await freePort()
  const settings = ["listen_addresses=127.0.0.1", "fsync=off", `unix_socket_directories=${folder}`]
  const args = ["-D", data, "-p", String(port), ...settings.flatMap((setting) => ["-c", setting])]
  const server = spawn(join(bin, "postgres"), args, { ...as, stdio: ["ignore", "ignore", "pipe"] })
  const exited = once(server, "exit")
  const stop = async () => {
    server.kill("SIGQUIT")
    await exited
    rmSync(folder, { recursive: true, force: true })
  }
  const lines: Array<string> = []
  await Promise.race([
    exited.then(() => Promise.reject(new Error(`Postgres ended:\n${lines.join("\n")}`))),
    new Promise<void>((resolve) => {
      createInterface({ input: server.stderr }).on("line", (line) => {
        lines.push(line)
        if (line.includes("database system is ready to accept connections")) resolve()
      })
    })
  ])
  const url = (database: string) => `postgres://postgres@127.0.0.1:${port}/${database}`
  const query = (database: string, sql: string) =>
    execFileSync(join(bin, "psql"), [url(database), "-qtAc", sql], { ...as, encoding: "utf8", stdio: "pipe" })
  for (const database of databases) query("postgres", `CREATE DATABASE ${database}`)
  return { query, stop, url }
}

export type Postgres = Awaited<ReturnType<typeof start>>

/** Starts a server with these databases. It ends with the scope. */
export const postgres = (...databases: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.promise(() => start(databases)),
    ({ stop }) => Effect.promise(stop)
  )
