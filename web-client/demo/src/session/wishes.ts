/** Whom one wants to meet, as the form asks for it. Empty: does not matter. */
export interface Wishes {
  readonly language: string;
  readonly region: string;
  readonly topic: string;
  /** How many talk together, oneself included. */
  readonly size: number;
}

export const SIZES = [2, 3, 4, 6] as const;
/** The most spoken ones on the web; the names come from the browser, in the reader's own language. */
export const LANGUAGES = 'ar bn cs de el en es fa fr hi hu id it ja ko nl pl pt ro ru sv th tr uk vi zh'.split(' ');
export const REGIONS: readonly { readonly value: string; readonly label: string }[] = [
  { value: 'africa', label: 'Africa' },
  { value: 'asia', label: 'Asia' },
  { value: 'europe', label: 'Europe' },
  { value: 'north-america', label: 'North America' },
  { value: 'oceania', label: 'Oceania' },
  { value: 'south-america', label: 'South America' },
];
export const TOPICS: readonly { readonly value: string; readonly label: string }[] = [
  { value: '', label: 'Anything' },
  { value: 'music', label: 'Music' },
  { value: 'games', label: 'Games' },
  { value: 'films', label: 'Films' },
  { value: 'travel', label: 'Travel' },
  { value: 'science', label: 'Science' },
  { value: 'practice', label: 'Practise a language' },
];

/** What those who talk about anything call their topic: whoever wants a certain one takes them too. */
const ANYTHING = 'anything';

/** What is asked of the server. All who come through this page are in one mode. */
export function toMatchOptions({ language, region, topic, size }: Wishes) {
  return {
    mode: 'meet',
    size,
    ...(language === '' ? {} : { language }),
    ...(region === '' ? {} : { region }),
    attributes: { topic: topic === '' ? ANYTHING : topic },
    ...(topic === '' ? {} : { filters: { topic: [topic, ANYTHING] } }),
  };
}

/** What a form that was filled in before, or by an older page, still means today. */
export function wishesFrom(stored: Partial<Record<keyof Wishes, string | null>>, browserLanguage: string): Wishes {
  const own = browserLanguage.toLowerCase().split('-')[0] ?? '';
  const size = Number(stored.size);
  return {
    language: known(stored.language ?? own, LANGUAGES),
    region: known(
      stored.region,
      REGIONS.map(({ value }) => value),
    ),
    topic: known(
      stored.topic,
      TOPICS.map(({ value }) => value),
    ),
    size: SIZES.find((one) => one === size) ?? SIZES[0],
  };
}

/** "in German, about music": what is looked for, in words. Empty when anyone will do. */
export function inWords({ language, region, topic, size }: Wishes, nameOf: (language: string) => string): string {
  const parts: string[] = [];
  if (size > 2) parts.push(`${size} people`);
  if (language !== '') parts.push(`in ${nameOf(language)}`);
  const place = REGIONS.find(({ value }) => value === region)?.label;
  if (place !== undefined) parts.push(`from ${place}`);
  const subject = TOPICS.find(({ value }) => value !== '' && value === topic)?.label;
  if (subject !== undefined)
    parts.push(topic === 'practice' ? 'to practise a language' : `about ${subject.toLowerCase()}`);
  return parts.join(', ');
}

/** "German", as the reader of the page calls it. */
export function languageName(language: string): string {
  try {
    return new Intl.DisplayNames(undefined, { type: 'language' }).of(language) ?? language;
  } catch {
    return language;
  }
}

function known(value: string | null | undefined, values: readonly string[]): string {
  return value !== null && value !== undefined && values.includes(value) ? value : '';
}
