/**
 * Words that ask rather than name, folded as `wordsOf` folds them. The document frequency that tells "the" from "harbour" cannot
 * tell "who": a passage that answers seldom asks. One list for all languages, since a question does not say which it is in.
 */
export const askingWords: ReadonlySet<string> = new Set(
  `
  what which who whom whose when where why how do does did done is are was were be been being am has have had can could will
  would shall should may might must a an the of in on at to for from by with and or not as it its this that these those there
  their they them he she his her him i me my we our us you your than then into about after before during between also many much
  some any other tell explain please name called
  qué que quién quien quiénes cuál cual cuáles cuándo cuando dónde donde cómo como cuánto cuántos cuánta cuántas por para de del
  el la los las un una es son era fue fueron ser ha han había hay en con se su sus lo al y o
  quel quelle quels quelles qui quoi quand où comment pourquoi combien le les des du une est sont était dans par pour sur avec et
  ce cette ces il elle ils elles ont été
  wer wen wem wessen was wann wo wie warum weshalb welche welcher welches welchen welchem der die das den dem ein eine einer einen
  einem ist sind war waren wurde wurden hat haben hatte im von zu mit auf für und oder sich
  quale quali chi cosa quando dove come perché quanto quanti quante il gli della dei delle di che sono è stato nel per
  qual quais quem onde porque quantos quantas os as um uma da do dos das em foi são com
  wat welke wie wanneer waar waarom hoe hoeveel het een van zijn werd heeft hebben voor met op
  care cine când unde cum ce cât câți câte este sunt fost au în pe la din cu și pentru
  kto co kiedy gdzie jak dlaczego ile który która które jest są był była było w z na do i się
  кто что какой какая какое какие каком какую когда где как почему зачем сколько чем чей был была было были есть в на с из по к и
  не для это о об от
  ποιος ποια ποιο ποιοι ποιες ποιων ποιον τι πότε πού πώς γιατί πόσο πόσοι πόσες πόσα ήταν είναι έχει το τα τη την της του των οι
  στο στη στην στον με από για και που ως
  ne kim kime hangi hangisi nasıl neden niçin nerede kaç nedir kimdir mi mı mu mü bir ve ile için olarak oldu vardı bu
  ما ماذا من متى أين كيف لماذا كم أي هل هو هي كان كانت في على إلى عن التي الذي مع هذا هذه ان أن
  क्या कौन किस किसने किसे कब कहाँ कहां कैसे क्यों कितने कितनी कितना कौन-सा सा सी से का की के को में ने है हैं था थी थे और पर
  ai gì nào đâu khi bao nhiêu thế sao là của có được và các những trong một cho với ở
  apa siapa kapan dimana bagaimana mengapa berapa yang di ke dari dan untuk adalah
  什么 甚么 谁 哪 哪个 哪些 哪里 哪儿 何时 何 怎么 怎样 如何 为什么 多少 几 的 是 在 了 和 有 于 与 被 中 吗 呢 個 个 什麼 誰 哪裡 為什麼 嗎
  何 誰 どこ いつ なぜ どう どの どんな いくつ は が を に の で と も です ます か した する
  누구 무엇 언제 어디 어떻게 왜 몇 어떤 어느 무슨
  อะไร ใคร เมื่อไร เมื่อใด ที่ไหน อย่างไร ทำไม เท่าไร กี่ ใด ไหน คือ เป็น ของ ที่ ใน และ ได้ มี ว่า จาก
  `
    .trim()
    .split(/\s+/),
);

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
