import { APIConnectionError } from "openai"

/**
 * The projects that have access to a checkpoint.
 *
 * @param {import("openai").OpenAI} client
 * @param {string} checkpoint
 */
export const projectsOf = async (client, checkpoint) => {
  const projects = []
  for await (const { project_id } of client.fineTuning.checkpoints.permissions.list(checkpoint)) {
    projects.push(project_id)
  }
  return projects
}

/**
 * Gives a project access to a checkpoint. A create whose reply was lost may have been executed, so it reads before it
 * sends one again.
 *
 * @param {import("openai").OpenAI} client made with `maxRetries: 0`: the SDK's own retry would repeat the create
 * @param {string} checkpoint
 * @param {string} project
 */
export const share = async (client, checkpoint, project) => {
  for (let attempt = 1; ; attempt++) {
    if ((await projectsOf(client, checkpoint)).includes(project)) return
    try {
      await client.fineTuning.checkpoints.permissions.create(checkpoint, { project_ids: [project] })
      return
    } catch (error) {
      // A timeout is one too.
      if (!(error instanceof APIConnectionError) || attempt === 3) throw error
    }
  }
}
