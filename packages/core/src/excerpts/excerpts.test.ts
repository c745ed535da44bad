import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ExcerptsOptions, excerpts } from './excerpts.ts';

const harbour =
  'The harbour of Aldport was dug in 1873. It silted up within a decade. Ships now land at Newhaven instead.';
const bakery = 'Rye bread needs a sourdough starter. The dough rests for twelve hours. Bake it hot, then let it cool.';
const clock =
  'The town clock was a gift of the guild of smiths. Its bell weighs three tons and was cast in Lower Fenwick.';

const fastest = (work: () => unknown) => {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 6; run++) {
    const began = performance.now();
    work();
    best = Math.min(best, performance.now() - began);
  }
  return best;
};

describe('excerpts', () => {
  it('finds the passage that answers, first', () => {
    const [first] = excerpts('When was the harbour dug?', [bakery, clock, harbour]);
    expect(first).toMatchObject({ passage: 2 });
    expect(first?.text).toContain('1873');
  });

  it('quotes exact slices', () => {
    const passages = [bakery, clock, harbour];
    for (const { text, passage, start, end } of excerpts('town harbour bell', passages, { minRelevance: 0 }))
      expect(passages[passage]!.slice(start, end)).toBe(text);
  });

  it('hands the source through and leaves the key out where there is none', () => {
    expect(excerpts('harbour of Aldport', [{ text: harbour, source: 'towns.md' }])[0]).toMatchObject({
      source: 'towns.md',
    });
    expect(excerpts('harbour of Aldport', [{ text: harbour }])[0]).not.toHaveProperty('source');
  });

  it('keeps to `max` and `maxChars`', () => {
    const long = Array.from({ length: 60 }, (_, n) => `Sentence ${n} speaks of the harbour at length.`).join(' ');
    const found = excerpts('harbour', [long], { max: 2, maxChars: 120 });
    expect(found).toHaveLength(2);
    for (const { text } of found) expect(text.length).toBeLessThanOrEqual(120);
  });

  it('counts a wide character as two', () => {
    const chinese = '首都是北京。'.repeat(100);
    for (const { text } of excerpts('首都是哪里', [chinese], { maxChars: 100, minRelevance: 0 }))
      expect(text.length).toBeLessThanOrEqual(50);
  });

  it('lists the best first and quotes no sentence twice', () => {
    const found = excerpts('harbour Aldport ships bell', [harbour, clock, bakery, harbour], {
      max: 10,
      minRelevance: 0,
    });
    const scores = found.map(({ score }) => score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    expect(found.filter(({ text }) => text.includes('1873'))).toHaveLength(1);
  });

  it('lists the best first, also where it passed only in the wake of another', () => {
    const loud = 'Zebra harbour, zebra harbour, zebra harbour, zebra harbour, zebra harbour.';
    const broad = 'A zebra crossed the bridge by the tower.';
    const found = excerpts('zebra harbour bridge tower', [loud, broad, bakery, clock], { minRelevance: 0.7 });
    expect(found.map(({ passage }) => passage)).toEqual([0, 1]);
  });

  it('serves nothing rather than what is off the topic', () => {
    const question = 'Which enzyme unwinds the double helix of DNA during replication?';
    expect(excerpts(question, [bakery, clock, harbour])).toEqual([]);
    expect(excerpts('How is the weather in the town today?', [bakery])).toEqual([]);
  });

  it('serves what is on the topic from a single short passage', () => {
    expect(excerpts('Who gave the town clock, and how heavy is its bell?', [clock])).toHaveLength(1);
  });

  it('holds a word to be present in its other forms', () => {
    const cases: [question: string, passage: string][] = [
      ['Какие города стоят на реке Волге?', 'На Волге стоит много городов. Самый большой из них Нижний Новгород.'],
      ['Bu kitabı kim yazdı?', 'Kitap yazarı Orhan Pamuk tarafından yazılmıştır.'],
      ['من كتب الكتاب عن تاريخ المدينة؟', 'كتاب تاريخ المدن ألفه ابن خلدون.'],
      ['Ποιος έχτισε τον ναό της Αθηνάς;', 'Ο ναός της Αθηνάς χτίστηκε από τον Ικτίνο.'],
      ['Wer baute die alten Brücken der Stadt?', 'Die alte Brücke in der Stadt hat Johann Bauer gebaut.'],
    ];
    for (const [question, passage] of cases) expect(excerpts(question, [passage]), question).toHaveLength(1);
  });

  it('finds words in scripts without spaces', () => {
    const thai = ['แมวนอนบนเก้าอี้', 'กรุงเทพมหานครเป็นเมืองหลวงของประเทศไทย', 'ฝนตกหนักเมื่อวานนี้'];
    expect(excerpts('เมืองหลวงของประเทศไทยคืออะไร', thai)[0]).toMatchObject({ passage: 1 });
    const japanese = ['猫が椅子で寝ている。', '日本の首都は東京である。', '昨日は大雨だった。'];
    expect(excerpts('日本の首都はどこですか', japanese)[0]).toMatchObject({ passage: 1 });
    const chinese = ['1998年的雨很大。', '2015年，该市人口为三百万。', '猫在椅子上睡觉。'];
    expect(excerpts('该市2015年的人口是多少？', chinese)[0]).toMatchObject({ passage: 1 });
  });

  it('finds a passage by its title without quoting it', () => {
    const [first] = excerpts(
      'When was the Aldport harbour dug?',
      [
        { text: 'It was dug in 1901 by hand.', title: 'Newhaven canal' },
        { text: 'It was dug in 1873 by hand.', title: 'Aldport harbour' },
      ],
      { minRelevance: 0 },
    );
    expect(first).toMatchObject({ passage: 1, text: 'It was dug in 1873 by hand.' });
  });

  it('finds what only the title names', () => {
    const [first] = excerpts('Where is Aldport harbour?', [
      { text: 'It was dug by hand.', title: 'Newhaven canal' },
      { text: 'A mile to the south.', title: 'Aldport harbour' },
    ]);
    expect(first).toMatchObject({ passage: 1 });
  });

  it('finds the question in the midst of a message', () => {
    const message =
      'Hello! My family moved to these parts last summer, we love swimming. When was the harbour of Aldport dug? Thanks, Emma';
    expect(excerpts(message, [bakery, clock, harbour])[0]).toMatchObject({ passage: 2 });
  });

  it('judges an excerpt by what stands around it, not by a whole book', () => {
    const question = 'Which zebra crossed the bridge by the tower?';
    const words = ['A zebra slept.', 'They crossed over.', 'A bridge fell.', 'One tower stood.'];
    const filler = 'Nothing of note was ever written here. '.repeat(60);
    expect(excerpts(question, [words.join(' ')])).not.toEqual([]);
    expect(excerpts(question, [words.join(` ${filler}`)])).toEqual([]);
  });

  it("decides among equals by the retriever's score", () => {
    const same = (score: number, source: string) => ({ text: harbour, score, source });
    expect(excerpts('harbour', [same(0.2, 'b'), same(0.9, 'a')])[0]).toMatchObject({ source: 'a', passage: 1 });
  });

  it('quotes from the midst of a sentence that is wider than an excerpt', () => {
    const text = `${'so it went on '.repeat(6)}and the harbour was dug in 1873 by hand ${'and on it went '.repeat(6)}`;
    const [first] = excerpts('When was the harbour dug?', [text], { maxChars: 100 });
    expect(first!.text).toContain('the harbour was dug in 1873');
  });

  it('leaves out a word that is wider than an excerpt, and keeps what is around it', () => {
    const found = excerpts('harbour ships', [`The harbour. ${'x'.repeat(900)} Ships land here.`], { maxChars: 50 });
    expect(found.map(({ text }) => text).sort()).toEqual(['Ships land here.', 'The harbour.']);
  });

  it('answers nothing for what is no question and no passage', () => {
    for (const question of ['', '  ?! ', undefined, null, 7, {}])
      expect(excerpts(question as never, [harbour])).toEqual([]);
    for (const passages of [undefined, null, 'text', {}, [], [undefined, null, 7, {}, { text: 7 }, '', []]])
      expect(excerpts('harbour', passages as never)).toEqual([]);
    expect(excerpts('harbour', [null, harbour] as never)[0]).toMatchObject({ passage: 1 });
    expect(excerpts('harbour', [harbour], null as never)).toHaveLength(1);
    expect(excerpts('harbour', [harbour], { max: 'x', maxChars: Number.NaN, minRelevance: -1 } as never)).toHaveLength(
      1,
    );
  });

  it('passes over a passage whose members throw, and reads each member once', () => {
    const fault = (name: string) => ({
      text: harbour,
      get [name](): string {
        throw new Error(name);
      },
    });
    const faulty = new Proxy([harbour, harbour], {
      get: (list, name) => (name === '0' ? fault('text').text : Reflect.get(list, name)),
    });
    for (const name of ['text', 'title', 'source', 'score'])
      expect(excerpts('harbour', [fault(name), harbour])[0], name).toMatchObject({ passage: 1 });
    expect(excerpts('harbour', faulty)[0]).toMatchObject({ passage: 1 });
    let reads = 0;
    const changing = {
      text: harbour,
      get source() {
        return `read ${++reads}`;
      },
    };
    expect(excerpts('harbour', [changing])[0]!.source).toBe('read 1');
  });

  it('takes a list that cannot be read for an empty one, and such options for none', () => {
    const { proxy, revoke } = Proxy.revocable([harbour], {});
    revoke();
    const thrower = {
      get: () => {
        throw new Error('no');
      },
    };
    expect(excerpts('harbour', proxy)).toEqual([]);
    expect(excerpts('harbour', new Proxy([harbour], thrower))).toEqual([]);
    expect(excerpts('harbour', [harbour], new Proxy({}, thrower))).toHaveLength(1);
  });

  it('looks at the beginning of each of many long passages', () => {
    const filler = 'Nothing of note was ever written here. '.repeat(20_000);
    const found = excerpts('When was the harbour of Aldport dug?', [filler, filler, `${harbour} ${filler}`, filler]);
    expect(found[0]).toMatchObject({ passage: 2, start: 0 });
  });

  it('cuts a long text without spaces between words', () => {
    const text = '首都是北京。人口很多 '.repeat(60_000);
    expect(excerpts('首都是北京', [text], { minRelevance: 0 })).toHaveLength(3);
  });

  it('stops at so many characters and sentences, and still looks at the best passages first', () => {
    const lines = 'x\n'.repeat(5000);
    const wide = '首都是北京的人口很多。'.repeat(20_000);
    for (const filler of [lines, wide]) {
      const passages = [...Array(20).fill(filler), { text: harbour, score: 1 }];
      expect(excerpts('When was the harbour of Aldport dug?', passages)[0]).toMatchObject({ passage: 20 });
    }
  });

  it('is quick whatever it is given', () => {
    const terms = Array.from({ length: 64 }, (_, n) => `${String.fromCharCode(97 + (n % 26))}word${n}`).join(' ');
    const cases: [name: string, passages: string[], options?: ExcerptsOptions, question?: string][] = [
      ['short sentences', ['a! '.repeat(50_000)]],
      ['lines', ['1\n'.repeat(75_000)]],
      ['lines in wide windows', ['1\n'.repeat(75_000)], { maxChars: 4000 }],
      ['lines that hit', [`${terms.replaceAll(' ', '\n')}\n`.repeat(200)], { maxChars: 4000 }],
      ['lines that hit, all wanted', [`${terms.replaceAll(' ', '\n')}\n`.repeat(200)], { max: 1e9, maxChars: 8 }],
      ['ligatures of 18 letters', ['\ufdfa '.repeat(75_000)]],
      ['wide compatibility forms', ['㌕'.repeat(150_000)]],
      ['narrow excerpts', ['a b '.repeat(37_500)], { maxChars: 1 }],
      ['many long passages', Array.from({ length: 500 }, (_, n) => `${n} ${'The harbour is old. '.repeat(5000)}`)],
      ['Thai', ['กรุงเทพมหานครเป็นเมืองหลวงของประเทศไทย'.repeat(4000)], {}, `${terms} เมืองหลวงของประเทศไทยคืออะไร`],
      ['Chinese', ['首都是北京。人口很多 '.repeat(15_000)], {}, '首都是北京的人口很多请问该市人口是多少'],
      ['spaces between wide and narrow', ['京 a '.repeat(37_500)], {}, '京'],
    ];
    // The unit is a machine's time for work of a known size, so that a slow or busy one does not fail.
    const unit = fastest(() => excerpts(terms, ['The old harbour of Aldport was dug by hand. '.repeat(1000)]));
    for (const [name, passages, options, question = terms] of cases)
      expect(fastest(() => excerpts(question, passages, options)) / unit, name).toBeLessThan(12);
  });

  it('leaves no passage out for the sake of another', () => {
    const lines = Array(20).fill('x\n'.repeat(5000));
    const ligatures = Array(20).fill('\ufdfa '.repeat(5000));
    for (const filler of [lines, ligatures])
      expect(excerpts('When was the harbour of Aldport dug?', [...filler, harbour])[0]).toMatchObject({ passage: 20 });
  });

  it('lets no line without a word count for a window', () => {
    const found = excerpts('harbour ships', ['***\nThe harbour is old.\n***\nShips land.\n***'], { maxChars: 60 });
    expect(found.map(({ text }) => text)).toEqual(['The harbour is old.\n***\nShips land.']);
  });

  const piece = fc.oneof(
    fc.constantFrom(
      'harbour',
      'ships',
      'Dr. ',
      'e\u0301',
      '👩‍👩‍👧',
      '🇫🇷',
      '東京',
      'ไทย',
      '\n',
      '\r\n',
      ' ',
      '. ',
      '! ',
      ', ',
      '\u0301',
      '\u200d',
      '。',
    ),
    fc.string({ unit: 'binary', maxLength: 8 }),
  );
  const texts = fc.array(
    fc.array(piece, { maxLength: 60 }).map((parts) => parts.join('')),
    { maxLength: 4 },
  );

  it('never throws, and never cuts a word or a grapheme', () => {
    const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), texts, fc.integer({ min: 1, max: 60 }), (tail, passages, maxChars) => {
        for (const found of excerpts(`harbour ships 東京 ไทย ${tail}`, passages, { maxChars, minRelevance: 0 })) {
          const passage = passages[found.passage]!;
          expect(passage.slice(found.start, found.end)).toBe(found.text);
          expect(found.text.length).toBeLessThanOrEqual(maxChars);
          const boundaries = new Set([...graphemes.segment(passage)].map(({ index }) => index)).add(passage.length);
          expect(boundaries.has(found.start) && boundaries.has(found.end)).toBe(true);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('never begins or ends within a word of letters', () => {
    const word = fc.constantFrom('harbour', 'ships', 'naïve', 'x1', 'don’t', 'été', 'города');
    const gap = fc.constantFrom(' ', ', ', '. ', '; ', '\n', '! ', ' – ');
    const text = fc.array(fc.tuple(word, gap), { maxLength: 80 }).map((all) => all.flat().join(''));
    fc.assert(
      fc.property(text, fc.integer({ min: 5, max: 60 }), (passage, maxChars) => {
        for (const { start, end } of excerpts('harbour ships города', [passage], { maxChars, minRelevance: 0 })) {
          expect(/[\p{L}\p{N}]$/u.test(passage.slice(0, start))).toBe(false);
          expect(/^[\p{L}\p{N}]/u.test(passage.slice(end))).toBe(false);
        }
      }),
    );
  });

  it.each([
    ['When was the duchy founded?', 'The duchy was founded by treaty.', 'In 911 the duchy was founded, as a fief.'],
    ['¿Cuándo se fundó el ducado?', 'El ducado se fundó por tratado.', 'En 911 el ducado se fundó, como feudo.'],
    [
      'Wann wurde das Herzogtum gegründet?',
      'Das Herzogtum wurde gegründet.',
      'Das Herzogtum wurde 911 gegründet, als Lehen.',
    ],
  ])('prefers what has a figure in it for %j', (question, without, having) => {
    const [best] = excerpts(question, [without, having], { max: 1 });
    expect(best!.text).toBe(having);
  });
});
