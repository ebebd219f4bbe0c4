/** One command of the simulator: how it is called, and what it does. */
export interface CommandUsage {
  readonly name: string
  /** What follows the name, in one line or more. */
  readonly takes: readonly string[]
  /** Sentences, in lines of at most 92 columns. */
  readonly does: readonly string[]
  /** What the options mean that no other command takes, or that mean something else here. */
  readonly options?: readonly OptionUsage[]
}

interface OptionUsage {
  readonly option: string
  readonly means: readonly string[]
}

/** Every command, in the order in which a researcher meets them. */
export const COMMANDS: readonly CommandUsage[] = [
  {
    name: 'simulate',
    takes: [
      '<scenario.yaml> [--seed N] [--rounds N] [--protocol P] [--json]',
      '[--report PATH] [--table FILE] [--format F]',
    ],
    does: [
      'one run of a scenario; P is ours, ocr2, ocr3, single-signer or raw-quorum instead of the',
      "scenario's; --table writes the timeline as rows, --csv FILE means CSV",
    ],
  },
  {
    name: 'estimate',
    takes: [
      '--topology us-east-1:3,eu-west-1:2 --protocol NAME|FILE [--f N] [--silent N]',
      '[--crashed N] [--sigma S] [--trials N] [--seed N] [--json]',
    ],
    does: [
      'mean and 99th percentile of the time to the result, on delays between cloud regions;',
      'NAME is simplex, hotstuff, ocr2, ocr3, ours, single-signer or raw-quorum; S makes delays',
      'lognormal around the same medians',
    ],
  },
  {
    name: 'placements',
    takes: [
      '[--members 4,7,16] [--count N] [--listed near|drawn] [--trials N] [--seed N]',
      '[--json]',
    ],
    does: ['in how many of N drawn committees of each size ours is ahead of OCR2 and of OCR3'],
  },
  {
    name: 'published',
    takes: ['[--whole-ms] [--json]'],
    does: ['means that others published, beside the estimate'],
  },
  {
    name: 'concentration',
    takes: ['<committee.yaml> [--json]'],
    does: [
      'smallest numbers of regions, jurisdictions, clouds, operators and venues that together',
      'stop the feed, move a price or forge, and what each move of a member changes',
    ],
  },
  {
    name: 'economics',
    takes: ['<economics.yaml> [--json]'],
    does: [
      'what attacks cost and take from a book that the feed prices, and from where on none pays',
    ],
  },
  {
    name: 'study',
    takes: [
      'a|b|c|d [committee.yaml]|e [economics.yaml]|f [--out DIR] [--format F]',
      '[--workers N] [--short] [--json]',
    ],
    does: [
      'a study with its page, figures (SVG, PNG) and tables in DIR (study-a): a latency beside',
      'OCR2, OCR3 and Simplex (1 when ours is not ahead of both OCR), b how far attackers move a',
      'price, c venue incidents, d concentration and outages, e economics of corruption,',
      'f ours beside others in one world, while members fail',
    ],
  },
  {
    name: 'selection-bias',
    takes: ['[--json]'],
    does: ['how far liars, and a proposer that picks, shift the median'],
  },
  {
    name: 'sweep',
    takes: [
      '<sweep.yaml> [--workers N] [--out FILE] [--table FILE] [--report PATH]',
      '[--metrics M] [--format F] [--shard i/k] [--json]',
    ],
    does: [
      "every combination of a scenario's axes and seeds on all cores; Ctrl-C stops it and the",
      'same command goes on; a shard is every k-th run, for k machines',
    ],
  },
  {
    name: 'merge',
    takes: [
      '--out FILE [--table FILE] [--report PATH] [--metrics M] [--format F]',
      '<results.jsonl> ...',
    ],
    does: ['the result files of all shards as one'],
  },
  {
    name: 'report',
    takes: ['<results.jsonl> [--out PATH] [--metrics M] [--format F]'],
    does: ['heat maps, lines with intervals and tables of a sweep that was run'],
  },
  {
    name: 'campaign',
    takes: [
      'canary|safety|liveness|coverage|bias|blame [--seeds N] [--from SEED] [--rounds N]',
      '[--workers N] [--out DIR] [--json]',
    ],
    does: [
      'canary: everything planted must be found; safety: f members do anything, the others crash',
      'and are cut off; liveness: certificates within three rounds of healing; coverage: what',
      'events met which phases; bias: liars stay within f honest values of the median; blame:',
      'contradictions convict, and nobody honest is accused. Failing seeds are made small and',
      'written to DIR',
    ],
  },
  {
    name: 'shrink',
    takes: ['<scenario.yaml>|safety|liveness [--seed N] [--rounds N] [--rule R] [--out FILE]'],
    does: ['the smallest scenario that breaks the same rule'],
  },
  {
    name: 'effects',
    takes: ['[--members N] [--rounds N] [--seed N] [--json]'],
    does: [
      'what each strategy changes against the same seed with its members idle; 1 when one changes',
      'nothing',
    ],
  },
  {
    name: 'import-prices',
    takes: [
      '<trades.csv|.csv.gz|.parquet> --out FILE [--symbol S]',
      '[--exchange A,B] [--step-ms N] [--clock exchange|local]',
      '[--from TIME] [--to TIME] [--venues] [--json]',
    ],
    does: [
      'a file of trades as recorded prices that a scenario can follow; --venues keeps what each',
      'exchange said by itself too, for venues of a scenario with a path',
    ],
    options: [
      { option: '--out FILE', means: ['the recording; a scenario names it in prices.model.file'] },
      { option: '--symbol S', means: ['the market, as the file names it, where it has several'] },
      { option: '--exchange A,B', means: ['these only; all when left out'] },
      { option: '--step-ms N', means: ['one price in so many milliseconds; 500 when left out'] },
      {
        option: '--clock C',
        means: ["exchange (when left out), or local for the recorder's times"],
      },
      { option: '--from TIME', means: ['a date such as 2026-05-31, or a time in ISO 8601'] },
      { option: '--to TIME', means: ['the same; what is traded then or later is left out'] },
    ],
  },
  {
    name: 'attacks',
    takes: [
      '[--members 4,7] [--rounds N] [--seeds N] [--timing region|worldwide] [--listed first|last]',
      '[--pairs|--without] [--workers N] [--json]',
    ],
    does: [
      'fast, proposed and lost rounds for every strategy of f members, alone or in pairs, and',
      'without the rule that stops it',
    ],
  },
]

/** What options mean wherever a command takes them. */
const SHARED: readonly OptionUsage[] = [
  { option: '--seed N', means: ["another seed than the first, or than the scenario's"] },
  { option: '--rounds N', means: ['another length'] },
  { option: '--workers N', means: ['processes; as many as cores when left out'] },
  { option: '--json', means: ['one JSON object on stdout instead of text'] },
  {
    option: '--report PATH',
    means: [
      'one page with figures that needs nothing else where PATH ends with .html; else a',
      'folder with it, every figure as SVG and PNG, and every table',
    ],
  },
  { option: '--table FILE', means: ['the timeline, or the runs of a sweep, as rows'] },
  {
    option: '--metrics M',
    means: [
      'what a report of a sweep draws: all, or names such as first-p99-ms,lost-percent',
      '(as in its table of means); else the main ones',
    ],
  },
  { option: '--format F', means: ["csv or parquet; else the end of the file's name says it"] },
]

const EXIT_CODES = [
  'Exit codes: 0 all invariants held, 1 one was broken, 2 the command or a file is wrong,',
  '130 interrupted (what came out so far is written).',
]

/** What asks for the usage of a command, or of all when it is none of them. */
export function helpOf(name: string | undefined): string {
  return COMMANDS.some((each) => each.name === name) ? `${name} --help` : 'help'
}

/** The usage of one command, or of all when it is none of them; `call` is what goes before. */
export function usageOf(call: string, name: string | undefined): string {
  const one = COMMANDS.find((each) => each.name === name)
  if (one !== undefined) {
    const [first, ...more] = called(one)
    const begin = `Usage: ${call} `
    const lines = [`${begin}${first}`, ...more.map((line) => `${' '.repeat(begin.length)}${line}`)]
    const taken = [...(one.options ?? []), ...SHARED.filter(isTakenBy(one))]
    const meanings = meaningsOf(taken)
    return [...lines, '', ...one.does, ...meanings, '', ...EXIT_CODES].join('\n')
  }
  const blocks = COMMANDS.map((each) =>
    [...called(each).map((line) => `  ${line}`), ...each.does.map((line) => `      ${line}`)].join(
      '\n',
    ),
  )
  const what = 'Simulates the protocol: the machine of the node in a world made from a seed.'
  const shared = [SHARED_TITLE, ...meaningsOf(SHARED)].join('\n')
  const codes = EXIT_CODES.join('\n')
  return [`Usage: ${call} COMMAND [options]`, what, ...blocks, shared, codes].join('\n\n')
}

function isTakenBy({ takes }: CommandUsage): (of: OptionUsage) => boolean {
  const words = takes.join(' ').split(/[^a-z-]+/)
  return ({ option }) => words.includes(option.split(' ')[0] ?? '')
}

/** A line for each option, and an empty one before them. */
function meaningsOf(options: readonly OptionUsage[]): readonly string[] {
  const lines = options.flatMap(({ option, means: [first = '', ...more] }) => [
    `  ${option.padEnd(OPTION_COLUMNS)}${first}`,
    ...more.map((line) => `  ${' '.repeat(OPTION_COLUMNS)}${line}`),
  ])
  return lines.length === 0 ? [] : ['', ...lines]
}

const OPTION_COLUMNS = 16
const SHARED_TITLE = 'What the options mean where a command takes them:'

function called({ name, takes }: CommandUsage): readonly string[] {
  return takes.map((line, at) => `${at === 0 ? name : ' '.repeat(name.length)} ${line}`)
}
