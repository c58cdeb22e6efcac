/** The end of the day: stories, dreams and good night. */
export const bedtime = `
该睡觉了。
再讲一个故事好不好？
好，只讲一个短的。
从前有只小羊，它数人数着数着就睡着了。

妈妈，月亮为什么跟着我走？
因为它离得很远，你走几步，它看起来都在老地方。
我还以为它喜欢我。
它也喜欢你。

我睡不着。
闭上眼睛，想一片很安静的海。
海上有船吗？
有一只小船，船上的灯慢慢地灭了。

床底下有怪物吗？
我看过了，只有你的拖鞋。
拖鞋会咬人吗？
不会，它们也累了一天。

晚安，做个好梦。
你希望我梦见什么？
梦见你会飞，早上记得飞回来吃早饭。

牙刷了吗？
刷了，前面后面都刷了。
张开嘴给我看看。
你看，像一排小白灯。

星星晚上不睡觉吗？
它们白天也亮着，只是太阳太亮，我们看不见。
那它们什么时候休息？
它们可以亮几十亿年，不着急。

我做了一个噩梦。
过来，跟我说说。
我梦见作业本长了腿，追着我跑。
现在它在书包里，拉链拉好了。

给我唱一首歌吧。
风睡了，云睡了，
水里的小鱼也睡了。
你唱的是真的吗？
嘘，别吵醒它们。

关灯吧。
留一盏小的，好吗？
好，留门口那一盏。

爸爸，你讲着讲着睡着了。
我没有，我在想故事的结尾。
那小熊后来呢？
小熊后来也在想结尾，呼……

明天早上叫我起床，好吗？
几点？
六点半。
好，我让公鸡通知你。

夜里为什么这么安静？
因为声音也回家了。
那钟的声音呢？
它值夜班。

今天最开心的是什么？
跟你一起放风筝。
最不开心的呢？
风筝线太短了。

梦是从哪里来的？
大脑在夜里整理白天的东西，有时候把抽屉弄混了。
所以我会梦见鱼在教室里？
对，它走错了抽屉。

Tell me a story, please.
Once there was a lamp that was afraid of the dark.
What did it do?
It turned itself on, and then it felt better.

I can't sleep.
Shall we count sheep?
I did. There were two hundred, and one of them winked.

Did you brush your teeth?
Yes, all of them.
Even the one at the back?
Especially that one.

Good night, sleep tight.
Good night. Leave the door open a little.
Like this?
A little less. Now it is perfect.

Why do we dream?
Perhaps the mind is tidying its drawers.
Mine must have a lot of drawers.

Is there a monster in the wardrobe?
Only your winter coat.
It looks like a monster.
It is a very warm monster, and it is on your side.

What was the best thing today?
The puddle behind the school.
And what came second?
Jumping into it again.

Will you still be here when I wake up?
Yes, and there will be pancakes.

Where does the sun go at night?
It shines on the other side of the world.
So somebody is having breakfast now?
Somebody is, while you are closing your eyes.

One more page?
It is late.
Half a page?
Half a page, and you must breathe slowly.

What is the owl saying?
It is asking who is still awake.
Not me.
`;
