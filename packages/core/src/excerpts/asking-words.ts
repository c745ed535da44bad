/**
 * Words that ask rather than name, and those that hold a sentence together, by language, folded as `wordsOf` folds them. The document
 * frequency that tells "the" from "harbour" cannot tell "who": a passage that answers seldom asks.
 */
const asking = {
  en: `what which who whom whose when where why how do does did done is are was were be been being am has have had can could will would
    shall should may might must a an the of in on at to for from by with and or not as it its this that these those there their they
    them he she his her him i me my we our us you your than then into about after before during between also many much some any other
    tell explain please name called s t d ll re ve hi hello hey dear thanks thank help know understand want need like just so if here`,
  es: `qué que quién quien quiénes cuál cual cuáles cuándo cuando dónde donde cómo como cuánto cuántos cuánta cuántas por para de del el
    la los las un una es son era fue fueron ser ha han había hay en con se su sus lo al y o a hola gracias favor ayuda saber puede puedo quiero`,
  fr: `quel quelle quels quelles qui que quoi quand où comment pourquoi combien le la les des de du un une est sont était dans par pour sur
    avec en et ce cette ces il elle ils elles ont été a à au aux se sa son ses d l qu s n c bonjour merci svp savoir peut peux pouvez je veux vous`,
  de: `wer wen wem wessen was wann wo wie warum weshalb welche welcher welches welchen welchem der die das den dem des ein eine einer
    einen einem eines ist sind war waren wurde wurden hat haben hatte in im von zu mit auf für und oder sich es an am bei nach hallo danke bitte kann können ich möchte wissen sie mir`,
  it: `che chi cosa quale quali quando dove come perché quanto quanta quanti quante il lo la i gli le un una dei delle della dello degli del
    di è sono era erano è stato nel nella in per con su si e o a al alla da dal l d un ciao grazie favore può posso sapere vorrei`,
  pt: `o que qual quais quem onde quando como porque quantos quantas os a as um uma da do das dos de em no na é são foi foram com por para
    e ou se ao olá obrigado obrigada favor pode posso saber quero`,
  nl: `wat wie welke wanneer waar waarom hoe hoeveel de het een van is zijn was werd werden heeft hebben voor met op in en of te aan hallo dank bedankt graag kan ik weten`,
  ro: `care ce cine când unde cum cât câtă câți câte a al ale o un este sunt fost era în pe la de din cu și pentru s au se`,
  sv: `vad vem vilken vilket vilka när var varför hur många mycket är en ett den det de som i på av till för med och eller har hade blev sig`,
  da: `hvad hvem hvilken hvilket hvilke hvornår hvor hvorfor hvordan mange meget er en et den det de som i på af til for med og eller har
    havde blev var sig hva når`,
  fi: `mikä mitä mitkä missä mistä mihin minkä kuka kenen ketkä milloin miksi miten kuinka monta paljon on oli ovat olivat ja tai että se ne
    joka`,
  hu: `mi mit melyik mely ki kit kinek mikor hol miért hogyan hány mennyi a az egy és vagy volt van hogy nem is ez`,
  pl: `kto co kiedy gdzie jak dlaczego ile który która które jakie jaki jaka jest są był była było były w z na do i się od o po a przez`,
  cs: `kdo co kdy kde jak proč kolik který která které jaký jaká jaké je jsou byl byla bylo byly v ve z na do a se si o po od pro`,
  ru: `кто что какой какая какое какие каком каких какую когда где как почему зачем сколько чем чей был была было были есть в во на с из по
    к и а не для это о об от у за привет здравствуйте спасибо пожалуйста можно я хочу знать`,
  uk: `хто що який яка яке які якого коли де як чому навіщо скільки був була було були є в у на з із по до і й та не для це про від за`,
  el: `ποιος ποια ποιο ποιοι ποιες ποιων ποιον τι πότε πού πώς γιατί πόσο πόσοι πόσες πόσα ήταν είναι έχει ο η το οι τα τη την της του των
    τον στο στη στην στον σε με από για και που ως`,
  tr: `ne kim kime kimin hangi hangisi nasıl neden niçin nerede kaç nedir kimdir mi mı mu mü bir ve ile için olarak oldu olan vardı bu da de merhaba lütfen teşekkürler ben`,
  ar: `ما ماذا من متى أين كيف لماذا بماذا كم أي هل هو هي هى كان كانت في فى على إلى الى عن التي التى الذي الذى مع هذا هذه ان أن أو و ماهي
    ماهو`,
  fa: `چه چی چیست کی کیست که کجا چرا چگونه چطور چند چقدر کدام آیا در به از این آن را با برای است بود بودند شد شده می های ها یک و تا بر
    هم کرد کرده کردن کند کنند کنن شود شوند باشد دارد داره خود یا ای اند چجوری`,
  ur: `کیا کون کس کب کہاں کیسے کیوں کتنے کتنی کتنا کونسا کونسی کا کی کے کو میں نے ہے ہیں تھا تھی تھے اور سے پر یہ وہ`,
  he: `מה מי מתי איפה היכן איך כיצד למה מדוע כמה איזה איזו אילו האם של את על עם אל הוא היא הם היה הייתה היו זה זו או כי לא`,
  hi: `क्या कौन किस किसने किसे कब कहाँ कहां कैसे क्यों कितने कितनी कितना कौन-सा सा सी से का की के को में ने है हैं था थी थे और पर एक यह वह`,
  bn: `কি কী কে কার কাকে কখন কবে কোথায় কেন কিভাবে কীভাবে কত কোন কোনটি এই সেই একটি এবং ও হয় ছিল ছিলেন করে করেন থেকে জন্য`,
  vi: `ai gì nào đâu khi bao nhiêu thế sao là của có được và các những trong một cho với ở bị do`,
  id: `apa apakah siapa siapakah kapan kapankah dimana mana bagaimana mengapa berapa berapakah yang di ke dari dan untuk adalah pada dengan
    itu ini oleh`,
  sw: `nini nani lini wapi vipi kwa nini gani ngapi je ni ya wa na katika kwa la za cha`,
  zh: `什么 甚么 谁 哪 哪个 哪些 哪里 哪儿 何时 何 怎么 怎样 如何 为什么 多少 多少个 几 叫 的 是 在 了 和 有 于 与 被 中 吗 呢 個 个 什麼 誰 哪裡 為什麼 嗎 是什么 你好 您好 请 请问 谢谢 我 想 知道`,
  ja: `何 誰 どこ いつ なぜ どう どの どんな いくつ どれ は が を に へ の で と も や から まで です ます か した する て た だ な い です でし
    まし う ある いる れ こんにちは ください 教え`,
  ko: `누구 무엇 언제 어디 어떻게 왜 몇 어떤 어느 무슨 무엇인가 누구인가 어디인가 언제인가`,
  th: `อะไร ใคร เมื่อ เมื่อไร เมื่อไหร่ เมื่อใด ที่ไหน ไหร่ อย่างไร ทําไม เท่า เท่าไร เท่าไหร่ เท่าใด กี่ ใด ไหน คือ เป็น ของ ที่ ใน และ ได้ มี ว่า จาก
    อยู่ ขึ้น หรือ นี้ นั้น ไป มา โดย กับ ถึง ซึ่ง จะ ให้ ก็ ไม่ แต่ ความ การ กว่า อีก ทาง ด้วย เพื่อ ถูก ต้อง ขอ ทราบ ครับ คะ ค่ะ`,
};

const languages: readonly ReadonlySet<string>[] = Object.values(asking).map((words) => new Set(words.split(/\s+/)));

/**
 * The asking words of the language that has most of these: a word of one may well name something in another (German "war", English
 * "care"). Of several languages, where it cannot be told.
 */
export function askingWordsOf(words: readonly string[]): ReadonlySet<string> {
  let most = 1;
  let asking = new Set<string>();
  for (const language of languages) {
    const found = words.filter((word) => language.has(word));
    if (found.length < most) continue;
    if (found.length > most) asking = new Set();
    most = found.length;
    for (const word of found) asking.add(word);
  }
  return asking;
}

/** Words that ask for a number or a date, in a question: what answers them has a figure in it. Folded likewise. */
export const numberWords: ReadonlySet<string> = new Set(
  `
  when many much year years century date percent percentage
  cuándo cuánto cuánta cuántos cuántas año porcentaje quand combien année pourcentage wann wieviel wieviele viele jahr prozent
  quando quanto quanti quante anno percentuale quantos quantas ano wanneer hoeveel jaar când câți câte anul kiedy ile rok roku
  когда сколько год году πότε πόσο πόσοι πόσες πόσα έτος zaman kaç yıl yılda متى كم عام سنة कब कितने कितनी कितना वर्ष
  khi nhiêu năm kapan berapa tahun 何时 何時 几 幾 多少 いつ いくつ 언제 몇 เมื่อไร เมื่อใด เท่าไร กี่
  `
    .trim()
    .split(/\s+/),
);
