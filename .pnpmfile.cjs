/**
 * The official SDK says that it needs Node 22. It is a dependency of tests and examples only, which run it on every
 * Node that we support, so no install has to warn of it.
 */
const readPackage = (manifest) => {
  if (manifest.name === "openai") delete manifest.engines
  return manifest
}

/** Removes from a manifest the parts that a user of the package never runs. */
const beforePacking = ({ devDependencies: _devDependencies, scripts: _scripts, ...manifest }) => manifest

module.exports = { hooks: { beforePacking, readPackage } }
