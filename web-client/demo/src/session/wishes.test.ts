import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inWords, toMatchOptions, type Wishes, wishesFrom } from './wishes.ts';

const anyone: Wishes = { language: '', region: '', topic: '', size: 2 };

test('who does not mind asks for nobody in particular', () => {
  assert.deepEqual(toMatchOptions(anyone), { mode: 'meet', size: 2, attributes: { topic: 'anything' } });
});

test('who wants a topic meets those who want it too, and those who talk about anything', () => {
  const { attributes, filters, language, region, size } = toMatchOptions({
    language: 'de',
    region: 'europe',
    topic: 'music',
    size: 4,
  });
  assert.deepEqual([attributes, filters], [{ topic: 'music' }, { topic: ['music', 'anything'] }]);
  assert.deepEqual([language, region, size], ['de', 'europe', 4]);
});

test('the browser’s language is a first guess; what was chosen, and still exists, holds', () => {
  assert.equal(wishesFrom({}, 'de-AT').language, 'de');
  assert.equal(wishesFrom({}, 'tlh').language, '');
  assert.equal(wishesFrom({ language: '' }, 'de').language, '');
  assert.deepEqual(wishesFrom({ language: 'xx', region: 'moon', topic: 'magic', size: '99' }, 'en'), anyone);
  assert.deepEqual(wishesFrom({ language: 'fr', region: 'asia', topic: 'games', size: '6' }, 'en'), {
    language: 'fr',
    region: 'asia',
    topic: 'games',
    size: 6,
  });
});

test('says in words what is looked for', () => {
  const nameOf = (language: string) => ({ de: 'German' })[language] ?? language;
  assert.equal(inWords(anyone, nameOf), '');
  assert.equal(
    inWords({ language: 'de', region: 'north-america', topic: 'music', size: 3 }, nameOf),
    '3 people, in German, from North America, about music',
  );
  assert.equal(inWords({ ...anyone, topic: 'practice' }, nameOf), 'to practise a language');
});
