import { describe, expect, it } from 'vitest';
import { excerpts } from './excerpts.ts';
import { withoutMarkup } from './markup.ts';

const seen = (text: string) => withoutMarkup(text).replaceAll('\u00ad', '').replace(/\s+/g, ' ').trim();

describe('withoutMarkup', () => {
  it.each([
    ['<p>The <b>dam</b> holds <a href="/water/level">forty metres</a>.</p>', 'The dam holds forty metres.'],
    ['<ul><li>one</li><li>two</li></ul>', 'one two'],
    ['<script>if (a < b) water()</script><style>p { color: red }</style><p>Seen<!-- not --></p>', 'Seen'],
    ['<p>AT&amp;T and&nbsp;more</p>', 'ATT and more'],
    [
      '# Water levels\n\nThe **dam** holds [forty metres](https://example.org/dam "the dam").',
      'Water levels The dam holds forty metres.',
    ],
    ['![a dam](dam.png) in *spring*, `code` and ~~gone~~', '!a dam in spring, code and gone'.slice(1)],
    ['- one\n- two\n\n> quoted\n\n---\n\n```js\nwater();\n```\n', 'one two quoted water();'],
    ['| level | metres |\n| --- | ---: |\n| low | 12 |', '| level | metres | | low | 12 |'],
    ['[dam]: https://example.org/dam\n\nsnake_case stays, _this_ goes\n\n# A', 'snake_case stays, this goes A'],
  ])('%j', (text, expected) => {
    expect(seen(text)).toBe(expected);
    expect(withoutMarkup(text)).toHaveLength(text.length);
  });

  it.each(['a < b and c > d', 'if (x<y) return', '2 * 3 * 4 = 24', 'a plain text, as most are', 'f(x)[1] (see below)'])(
    'leaves %j as it is',
    (text) => {
      expect(withoutMarkup(text)).toBe(text);
    },
  );

  it.each([
    '<a href="x',
    '<'.repeat(50_000),
    '[a]('.repeat(20_000),
    '<!--'.repeat(10_000),
    '**'.repeat(30_000),
    '<p '.repeat(20_000),
    '_'.repeat(50_000),
    '['.repeat(50_000),
    '](()'.repeat(15_000),
    '](x'.repeat(20_000),
    '- '.repeat(30_000),
    `${'**'.repeat(30_000)} x`,
    ' '.repeat(60_000),
    '|'.repeat(50_000),
    '\n'.repeat(50_000),
    '<script>'.repeat(10_000),
    '<style><template>'.repeat(5_000),
  ])('takes no time over what is never closed (%#)', (text) => {
    const began = performance.now();
    expect(withoutMarkup(`<p>${text}`)).toHaveLength(text.length + 3);
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

describe('excerpts of marked up passages', () => {
  const url = `https://example.org/${'harbour/'.repeat(20)}`;

  it('counts no word of an address or a tag', () => {
    const passages = [`<a href="/harbour/harbour">Elsewhere</a> nothing stands.`, 'The harbour is north of the town.'];
    expect(excerpts('Where is the harbour?', passages, { minRelevance: 0 })[0]!.passage).toBe(1);
  });

  it('quotes what stands there, markup and all, and cuts none of it', () => {
    const text = `Ships come in spring. The [harbour](${url}) is **north** of the town. Boats are mended there, and sold.`;
    const [found] = excerpts('Where is the harbour?', [text], { max: 1, maxChars: 120 });
    expect(found!.text).toBe(`The [harbour](${url}) is **north** of the town.`);
    expect(text.slice(found!.start, found!.end)).toBe(found!.text);
  });

  it.each([
    ['links', `[harbour](${url}) `.repeat(100)],
    ['links without a space', `[harbour](${url}),`.repeat(100)],
    ['tags', `<span class="${'x'.repeat(150)}">harbour</span> `.repeat(100)],
    ['sentences of links', `The [harbour](${url}). `.repeat(100)],
    ['soft hyphens', `harbour${'\u00ad'.repeat(5_000)} harbour`],
    ['soft hyphens and spaces', `harbour ${'\u00ad '.repeat(5_000)}`],
  ])('are at most twice as long as `maxChars`, however much is hidden in %s', (_, text) => {
    for (const maxChars of [1, 40, 100, 400]) {
      for (const found of excerpts('harbour', [text, `# A\n\n${text}`], { maxChars, minRelevance: 0 }))
        expect(found.text.length).toBeLessThanOrEqual(2 * maxChars);
    }
    expect(excerpts('harbour', [text, `# A\n\n${text}`])).not.toEqual([]);
  });

  it('takes paragraphs of HTML for sentences of their own', () => {
    const text = '<h2>The harbour</h2><p>It lies north of the town</p><p>The market is in the south</p>';
    const [found] = excerpts('Where is the market?', [text], { max: 1, maxChars: 30 });
    expect(found!.text).toBe('The market is in the south');
  });
});
