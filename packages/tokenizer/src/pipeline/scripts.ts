import { CharSet } from '../scan/charset.js';
import type { Take } from './split.js';

/** The scripts that the reference implementation tells apart; those Unicode added since are "none". */
const NAMES =
  'Common Latin Han Inherited Greek Cyrillic Hangul Arabic Hebrew Thai Devanagari Hiragana Katakana ' +
  'Adlam Ahom Anatolian_Hieroglyphs Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali Bhaiksuki Bopomofo Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham Cherokee Coptic Cuneiform Cypriot Deseret Duployan Egyptian_Hieroglyphs Elbasan Ethiopic Georgian Glagolitic Gothic Grantha Gujarati Gurmukhi Hanunoo Hatran Imperial_Aramaic Inscriptional_Pahlavi Inscriptional_Parthian Javanese Kaithi Kannada Kayah_Li Kharoshthi Khmer Khojki Khudawadi Lao Lepcha Limbu Linear_A Linear_B Lisu Lycian Lydian Mahajani Malayalam Mandaic Manichaean Marchen Meetei_Mayek Mende_Kikakui Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani Myanmar Nabataean New_Tai_Lue Newa Nko Ogham Ol_Chiki Old_Hungarian Old_Italic Old_North_Arabian Old_Permic Old_Persian Old_South_Arabian Old_Turkic Oriya Osage Osmanya Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang Runic Samaritan Saurashtra Sharada Shavian Siddham SignWriting Sinhala Sora_Sompeng Sundanese Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le Tai_Tham Tai_Viet Takri Tamil Tangut Telugu Thaana Tibetan Tifinagh Tirhuta Ugaritic Vai Warang_Citi Yi';

/** Belongs with whatever stands around it. */
const ANY = -1;

let sets: CharSet[] | undefined;

/** A number for a character's script; Japanese syllables count as Han, as in SentencePiece. */
function scriptOf(code: number): number {
  if (code === 0x20) return ANY;
  sets ??= NAMES.split(' ').map((name) => new CharSet(`\\p{Script=${name}}`));
  const script = sets.findIndex((set) => set.has(code));
  const han = 2;
  return code === 0x30fc || script === 11 || script === 12 ? han : script;
}

/** Where the script changes. What stands before the first character of any script is left out, as in the reference implementation. */
export function scriptRanges(text: string, start: number, end: number, take: Take): void {
  let from = start;
  let last: number | undefined;
  for (let i = start; i < end; ) {
    const code = text.codePointAt(i) as number;
    const script = scriptOf(code);
    if (script !== ANY && script !== last) {
      if (last !== undefined) take(from, i);
      from = i;
      last = script;
    }
    i += code > 0xffff ? 2 : 1;
  }
  if (last !== undefined) take(from, end);
}
