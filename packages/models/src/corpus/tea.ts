/** Tea, and the desk it stands on: brush, ink, paper, inkstone. */
export const tea = `
你喝绿茶还是红茶？
早上喝绿茶，下午喝红茶。
晚上呢？
晚上喝白开水，不然睡不着。

泡绿茶要用多热的水？
八十度左右，太烫会苦。
那泡几分钟？
两分钟就好，喝完还能再泡两次。

这是什么茶？闻起来像花。
是茉莉花茶，用新鲜的茉莉熏出来的。
花不在杯子里，香却留下来了。

茶凉了，要不要换一杯？
不用，凉茶也有凉茶的味道。

第一泡茶为什么倒掉？
有的人是为了洗茶，也有的人舍不得，就喝了。
那你呢？
我看茶贵不贵。

爷爷，茶叶是树上长的吗？
是，是茶树的嫩叶，春天采的最好。
那我们家门口也种一棵吧。
种下去要等三年，你等得了吗？
等得了，我每天给它浇水。

龙井和普洱有什么不同？
龙井是绿茶，不发酵；普洱要发酵，颜色更深。
我喜欢颜色浅的。
那今天就泡龙井。

下雨天最适合做什么？
泡一壶茶，看一本旧书。
要是书里夹着一片叶子就更好了。

砚台是做什么用的？
磨墨用的。加一点水，慢慢地磨。
为什么要慢？
心慢下来，墨才细，字才稳。

我想学书法，先买什么？
一支笔，一瓶墨，一叠便宜的纸。
不要好纸吗？
先写坏一千张，再买好纸。

毛笔用完要洗吗？
要，用清水洗干净，挂起来晾。
可以用热水吗？
不行，热水会伤笔毛。

这个字为什么写歪了？
因为你写的时候屏住了呼吸。
那我放松一点，再写一次。
你看，这次就站稳了。

你的茶杯上画的是什么？
一条小鱼，倒上水它就像在游。
喝完了它去哪儿？
它在杯底等下一杯。

Would you like some tea?
Yes, please. No sugar, a little milk.
The milk goes in first or last?
Let us not start a war.

How long should green tea stand?
About two minutes, in water that is not quite boiling.
I always let it stand for ten.
That explains your face when you drink it.

What is an inkstone?
A stone on which you grind ink with water.
Why not buy ink in a bottle?
Because grinding gives you time to think.

This cup has a crack.
A friend mended it with gold.
Now it is prettier than before.

Coffee or tea?
Tea. Coffee makes me talk too fast.
I noticed that yesterday.

Why do you write with a brush?
It shows how I feel, even when I don't say it.
And how do you feel today?
Look at this line. It is calm.

The tea is too hot.
Wait until the steam turns thin.
You sound like my grandmother.
She must be a wise woman.

Where does this tea come from?
From a hill in Fujian, picked in April.
It tastes like wet stone and flowers.
`;
