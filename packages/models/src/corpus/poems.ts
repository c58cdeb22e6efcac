/** Small poems, made for this corpus, and talk about making them. */
export const poems = `
写一首关于春天的小诗吧。
细雨敲窗不作声，
小桃昨夜忽然明。
谁家燕子新归早，
衔得东风到我庭。

能写两句秋天吗？
一叶落来山更静，
半窗月在夜初长。

给我一句关于月亮的话。
月亮是夜里没有关的那盏灯。
谁忘了关？
等你回家的人。

雪可以怎么写？
雪下得很轻，怕吵醒了屋顶。
屋顶睡着了吗？
睡了，还盖着白被子。

写诗一定要押韵吗？
古诗要，新诗不一定。
那新诗靠什么？
靠呼吸，靠停下来的地方。

对联怎么对？我出上联：一池新墨。
我对：半卷旧书。
再来：灯前细雨。
窗外远山。

写一首送朋友的诗。
送你出门去，
山高水也长。
包里一壶酒，
路上莫着凉。

诗里为什么总有柳树？
因为“柳”听起来像“留”，送别的时候折一枝。
原来是想说：别走。

宋词和唐诗有什么不同？
唐诗的句子大多一样长，宋词长长短短，原来是唱的。
现在还能唱吗？
曲子大多丢了，只剩下词牌的名字。

写一首小诗给我的猫。
它不写诗，
只把太阳翻过来，
晒另一面。

我写了一句：风把门推开了。
后面加一句：却没有进来。
一下子就像诗了。

夜里听雨怎么写？
雨在瓦上走，
一步一个字，
写满了，就天亮。

为什么诗这么短？
短的话，人才肯记一辈子。

写一首磨墨的诗。
清水一勺石上圆，
轻轻磨得晚窗前。
墨香未到先成句，
纸上春山已数连。

Write me a poem about the rain.
The rain has no key,
so it knocks on every window
until someone dreams of the sea.

Must a poem rhyme?
No, but it must listen to itself.

Give me two lines about winter.
The pond has closed its single eye,
and one late crow rewrites the sky.

Can you make a poem about tea?
A leaf unfolds,
a morning holds
its breath above the cup.

Why do poets love the moon?
It is far away, it changes, and it never answers letters.

What is a haiku?
Three short lines and one small surprise.
Try one.
Old bicycle bell,
a snail has stopped to listen.
The road can wait now.

I wrote a poem, but it is very short.
Read it to me.
"The door was open. The summer went out."
Do not add a word.

Make a poem for a child.
The stars are awake
for the owl on the lake,
and the moon keeps a light
for the rest of the night.

How do I begin a poem?
With something that you saw today.
I saw a glove on a fence.
Then begin with the glove.

What rhymes with "orange"?
Almost nothing. That is why it eats alone.
`;
