import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { z } from 'zod'
import { allCommands } from '../../../node/cli/execute.ts'
import { EXIT_CODES } from '../../../node/cli/exit-codes.ts'
import { parseConfig } from '../../../node/config/load.ts'
import { gatewayConfigSchema } from '../../../node/gateway/config.ts'

const ROOT = new URL('../../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8')
const files = (pattern: string) => globSync(`packaging/${pattern}`, { cwd: ROOT.pathname }).sort()

const manifest = z.object({ version: z.string() }).parse(JSON.parse(read('package.json')))
const image = `parallax:${manifest.version}`
const dockerfile = read('packaging/docker/Dockerfile')
const entrypoint = read('packaging/docker/entrypoint.sh')
const health = read('packaging/docker/health.sh')
const units = files('systemd/*.service').map((path) => ({ path, text: read(path) }))

const serviceSchema = z.looseObject({
  image: z.string(),
  command: z.array(z.string()).optional(),
  user: z.string().optional(),
  read_only: z.literal(true),
  cap_drop: z.tuple([z.literal('ALL')]),
  security_opt: z.tuple([z.literal('no-new-privileges:true')]),
  mem_limit: z.string(),
  environment: z.record(z.string(), z.string()).default({}),
  secrets: z.array(z.union([z.string(), z.object({ source: z.string() })])).default([]),
  volumes: z.array(z.string()).default([]),
  healthcheck: z.object({ test: z.array(z.string()).optional() }).optional(),
})
const compose = z
  .looseObject({
    services: z.record(z.string(), serviceSchema),
    volumes: z.record(z.string(), z.unknown()),
    secrets: z.record(z.string(), z.object({ file: z.string() })),
  })
  .parse(parse(read('packaging/docker/compose.yaml'), { merge: true }))
const services = Object.entries(compose.services)
const ours = services.filter(([, service]) => service.image === image)

const probeSchema = z.object({ exec: z.object({ command: z.array(z.string()) }) })
const containerSchema = z.looseObject({
  name: z.string(),
  image: z.string(),
  args: z.array(z.string()).optional(),
  livenessProbe: probeSchema.optional(),
  startupProbe: probeSchema.optional(),
  readinessProbe: probeSchema.optional(),
  securityContext: z.object({
    runAsUser: z.int().positive().optional(),
    allowPrivilegeEscalation: z.literal(false),
    readOnlyRootFilesystem: z.literal(true),
    capabilities: z.object({ drop: z.tuple([z.literal('ALL')]) }),
  }),
  resources: z.object({ limits: z.object({ memory: z.string() }) }),
  volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string() })),
})
const podSchema = z.looseObject({
  automountServiceAccountToken: z.literal(false),
  securityContext: z.looseObject({
    runAsNonRoot: z.literal(true),
    fsGroupChangePolicy: z.literal('OnRootMismatch'),
  }),
  containers: z.array(containerSchema).nonempty(),
  volumes: z.array(z.looseObject({ name: z.string() })),
})
const setSchema = z.looseObject({
  spec: z.looseObject({
    replicas: z.literal(1),
    selector: z.object({ matchLabels: z.record(z.string(), z.string()) }),
    template: z.object({
      metadata: z.object({ labels: z.record(z.string(), z.string()) }),
      spec: podSchema,
    }),
    volumeClaimTemplates: z.array(
      z.object({
        metadata: z.object({ name: z.string() }),
        spec: z.looseObject({ accessModes: z.tuple([z.literal('ReadWriteOncePod')]) }),
      }),
    ),
  }),
})
const objects = files('kubernetes/*.yaml').flatMap((path) =>
  parseAllDocuments(read(path)).map((document) => {
    expect(document.errors, path).toEqual([])
    return z.looseObject({ kind: z.string() }).parse(document.toJS())
  }),
)
const ofKind = (kind: string) => objects.filter((object) => object.kind === kind)
const { spec: member } = setSchema.parse(ofKind('StatefulSet')[0])
const setup = z.looseObject({ spec: podSchema }).parse(ofKind('Pod')[0]).spec
const containers = [...member.template.spec.containers, ...setup.containers]

/** What an `ExecStart` runs behind the file of the program. */
function wordsOf(unit: string): readonly string[] {
  const [, program = '', rest = ''] = /^ExecStart=.*? (\/\S+\/main\.js) ([^\n]*)$/m.exec(unit) ?? []
  expect(program).toBe('/opt/parallax/app/dist/node/cli/main.js')
  return rest.replace(/ 3<.*$/, '').split(' ')
}

const started: readonly (readonly [where: string, words: readonly string[]])[] = [
  ...ours.flatMap(([name, { command }]) =>
    command ? [[`compose ${name}`, command] as const] : [],
  ),
  ...containers.flatMap(({ name, args }) => (args ? [[`pod ${name}`, args] as const] : [])),
  ...units.map(({ path, text }) => [path, wordsOf(text)] as const),
]

describe('what is started', () => {
  test.each(started)(
    '%s: a command and options that there are',
    async (_, [name = '', ...rest]) => {
      const command = (await allCommands()).find((each) => each.name === name)
      const options = rest.filter((word) => word.startsWith('--')).map((word) => word.slice(2))
      expect(options.filter((option) => !Object.hasOwn(command?.options ?? {}, option))).toEqual([])
      const [file = ''] = rest.filter((word) => word.endsWith('.yaml'))
      expect(existsSync(new URL(file.replace('/etc/parallax/', 'packaging/'), ROOT))).toBe(true)
    },
  )

  test('is node, signer and gateway by units and compose file, node and signer by the pod', () => {
    const commands = (among: string) =>
      started.filter(([where]) => where.startsWith(among)).map(([, [name]]) => name)
    for (const way of ['compose', 'packaging/systemd']) {
      expect(commands(way).toSorted()).toEqual(['gateway', 'run', 'signer'])
    }
    expect(commands('pod').toSorted()).toEqual(['run', 'signer'])
  })

  test('is one version of one image everywhere', () => {
    expect(ours.length).toBe(4)
    expect(containers.filter((each) => each.image !== image)).toEqual([])
    expect(dockerfile).toContain(`image.version="${manifest.version}"`)
    const others = services.map(([, service]) => service.image).filter((name) => name !== image)
    for (const name of others) expect(name).toMatch(/^[a-z/]+:v?\d+\.\d+\.\d+$/)
  })
})

describe('exit codes that are not started again', () => {
  const held = /case "\$code" in\n\s+([\d |]+)\)/.exec(entrypoint)?.[1]?.split(' | ').map(Number)

  test('are those that a restart cannot mend, to the entry point and to every unit', () => {
    expect(held).toEqual([2, 3, 4, 9, 10, 11, 12, 13])
    const known: readonly number[] = EXIT_CODES.map(({ exitCode }) => exitCode)
    expect(held?.filter((code) => !known.includes(code))).toEqual([])
    for (const { text } of units) {
      const [, codes] = /^RestartPreventExitStatus=(.*)$/m.exec(text) ?? []
      expect(codes?.split(' ').map(Number)).toEqual(held)
    }
  })

  test('are the only ones: what passes may take hours, and nobody may be awake', () => {
    for (const { text } of units) {
      expect(text).toMatch(/^StartLimitIntervalSec=0$/m)
      expect(text).toMatch(/^Restart=on-failure$/m)
    }
  })

  test('include every end with which a key, a promise or a configuration is wrong', () => {
    const codeOf = (code: string) =>
      EXIT_CODES.find(({ codes }) => (codes as readonly string[]).includes(code))?.exitCode
    for (const code of ['KEY_RUNS_TWICE', 'CONFIG_', 'KEYSTORE_', 'PROMISES_', 'HANDOVER_']) {
      expect(held).toContain(codeOf(code))
    }
    // These pass: a port that is given back, an endpoint, a signer that starts.
    for (const code of ['API_PORT_BUSY', 'RPC_', 'SIGNER_UNREACHABLE']) {
      expect(held).not.toContain(codeOf(code))
    }
  })
})

describe('the image', () => {
  const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '))
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(?:--\S+ )?(.+) \S+$/gm)].flatMap(
    ([, sources = '']) => sources.split(' '),
  )

  test('copies what exists, and .dockerignore lets it through', () => {
    expect(copied.length).toBeGreaterThan(10)
    expect(copied.filter((path) => !existsSync(new URL(path, ROOT)))).toEqual([])
    const [all, ...rules] = read('packaging/docker/Dockerfile.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
    expect(all).toBe('*')
    const letThrough = rules.filter((rule) => rule.startsWith('!')).map((rule) => rule.slice(1))
    expect(letThrough.toSorted()).toEqual([...new Set(copied)].toSorted())
  })

  test('is built with the pinned Node and the lock, and holds production packages alone', () => {
    expect(dockerfile).toContain(`ARG NODE_VERSION=${read('.nvmrc').trim()}\n`)
    expect(dockerfile).toContain('RUN npm ci --omit=dev ')
    expect(last).toContain('COPY --from=dependencies /app/node_modules node_modules\n')
    expect(last).not.toMatch(/npm (?:ci|install)/)
  })

  test('runs as a user with a number, says when it is well and how it is stopped', () => {
    expect(last).toMatch(/^USER 10001:10001$/m)
    expect(last).toMatch(/^STOPSIGNAL SIGTERM$/m)
    expect(last).toMatch(/^HEALTHCHECK .*\\\n {2}CMD \["\/app\/health\.sh", "ready"\]$/m)
    expect(last).toMatch(/^VOLUME \["\/var\/lib\/parallax"\]$/m)
  })

  test('has scripts that may be run', () => {
    for (const path of files('**/*.sh')) {
      expect(statSync(new URL(path, ROOT)).mode & 0o111, path).toBe(0o111)
    }
    expect(existsSync(new URL('node/cli/main.ts', ROOT))).toBe(true)
    expect(entrypoint).toContain('/app/dist/node/cli/main.js')
  })
})

describe('probes', () => {
  const cases = [...health.matchAll(/^ {2}(\w+)\) /gm)].map(([, name]) => name)
  const probes = [
    ...ours.flatMap(([, { healthcheck }]) =>
      healthcheck?.test ? [healthcheck.test.slice(1)] : [],
    ),
    ...containers.flatMap((each) =>
      [each.livenessProbe, each.startupProbe, each.readinessProbe].flatMap((probe) =>
        probe === undefined ? [] : [probe.exec.command],
      ),
    ),
  ]

  test('ask what health.sh knows', () => {
    expect(cases).toEqual(['ready', 'alive', 'signer'])
    expect(probes.length).toBe(5)
    for (const [program, what] of probes) {
      expect(program).toBe('/app/health.sh')
      expect(cases).toContain(what)
    }
  })

  test('never restart a node for not being ready', () => {
    const lively = containers.flatMap(({ livenessProbe }) => livenessProbe?.exec.command[1] ?? [])
    expect(lively).toEqual(['alive'])
  })
})

describe('the configuration of packaging/node.yaml', () => {
  const parsed = parseConfig(read('packaging/node.yaml'))
  if (parsed.type === 'refused') throw new Error(JSON.stringify(parsed.problems))
  const { config } = parsed
  const signerDirectory = '/var/lib/parallax-signer'

  test('reads its passphrase where entry point and units open it', () => {
    expect(config.keys.passphrase).toEqual({ descriptor: 3 })
    expect(entrypoint).toContain('exec 3<"$passphrase"')
    for (const { path, text } of units.filter(({ path }) => !path.includes('gateway'))) {
      expect(text, path).toContain(`3<"$\${CREDENTIALS_DIRECTORY}/passphrase"'`)
      expect(text, path).toMatch(/^LoadCredential=passphrase:\/etc\/parallax\/\w+-passphrase$/m)
    }
    const target = /^passphrase=(\S+)$/m.exec(entrypoint)?.[1]
    const mounted = containers.flatMap((each) => each.volumeMounts.map((mount) => mount.mountPath))
    expect(mounted.filter((path) => path === target)).toHaveLength(3)
  })

  test('has keys and promises where only the signer writes', () => {
    const { identity, signingShare, signer } = config.keys
    for (const path of [identity, signingShare, signer?.directory ?? '']) {
      expect(path.startsWith(`${signerDirectory}/`)).toBe(true)
    }
    const holders = ours.filter(([, { volumes }]) =>
      volumes.some((volume) => volume.includes(`:${signerDirectory}`)),
    )
    expect(holders.map(([name, { user }]) => [name, user])).toEqual([
      ['signer', '10002:10001'],
      ['setup', '10002:10001'],
    ])
    const node = member.template.spec.containers.find(({ name }) => name === 'node')
    expect(node?.volumeMounts.map(({ mountPath }) => mountPath)).not.toContain(signerDirectory)
    expect(node?.securityContext.runAsUser).toBe(10_001)
  })

  test('has the socket where the signer may make it and probes look', () => {
    const socket = config.keys.signer?.socket ?? ''
    expect(config.keys.signer?.access).toBe('group')
    expect(health).toContain(`[ -S ${socket} ]`)
    const unit = units.find(({ path }) => path.includes('signer'))?.text
    expect(unit).toContain(`RuntimeDirectory=${socket.split('/').slice(2, -1).join('/')}\n`)
    expect(unit).toContain('RuntimeDirectoryMode=0750\n')
  })
})

test('packaging/gateway.yaml is a configuration of a gateway', () => {
  const parsed = gatewayConfigSchema.safeParse(parse(read('packaging/gateway.yaml')))
  expect(parsed.error?.issues).toBeUndefined()
})

describe('secrets', () => {
  test('are files that are named, and nothing of them is in an environment', () => {
    for (const [name, { secrets, environment }] of services) {
      const named = secrets.map((each) => (typeof each === 'string' ? each : each.source))
      expect(named.filter((each) => !Object.hasOwn(compose.secrets, each))).toEqual([])
      const loud = Object.keys(environment).filter((key) => /PASS|KEY|SECRET|TOKEN/.test(key))
      expect(
        loud.filter((key) => !key.endsWith('__FILE')),
        name,
      ).toEqual([])
    }
    expect(objects.filter((object) => object.kind === 'Secret')).toEqual([])
    for (const path of files('kubernetes/*.yaml')) expect(read(path)).not.toMatch(/\benv(?:From)?:/)
  })
})

describe('manifests', () => {
  test('mount what the pod or the set has', () => {
    const claims = member.volumeClaimTemplates.map(({ metadata }) => metadata.name)
    for (const [pod, more] of [
      [member.template.spec, claims],
      [setup, []],
    ] as const) {
      const there = [...pod.volumes.map(({ name }) => name), ...more]
      const wanted = pod.containers.flatMap((each) => each.volumeMounts.map(({ name }) => name))
      expect(new Set(wanted)).toEqual(new Set(there))
    }
  })

  test('choose the pod by the labels that it has', () => {
    const { labels } = member.template.metadata
    expect(member.selector.matchLabels).toEqual(labels)
    const selectors = [
      ...ofKind('Service').map(
        (each) => z.object({ selector: z.unknown() }).parse(each.spec).selector,
      ),
      z
        .object({ selector: z.object({ matchLabels: z.unknown() }) })
        .parse(ofKind('PodDisruptionBudget')[0]?.spec).selector.matchLabels,
      z
        .object({ podSelector: z.object({ matchLabels: z.unknown() }) })
        .parse(ofKind('NetworkPolicy')[0]?.spec).podSelector.matchLabels,
    ]
    expect(selectors).toHaveLength(4)
    for (const selector of selectors) expect(selector).toEqual(labels)
  })
})

test('no file reads a variable of ours that the scripts of the image do not know', () => {
  const known = [...`${entrypoint}${health}`.matchAll(/\$\{(PARALLAX_\w+):-/g)].map(
    ([, name]) => name,
  )
  const named = files('**/*')
    .filter((path) => statSync(new URL(path, ROOT)).isFile())
    .flatMap((path) => [...read(path).matchAll(/\bPARALLAX_\w+/g)].map(([name]) => name))
  expect(new Set(named)).toEqual(new Set(known))
})
