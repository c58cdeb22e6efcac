/** Cooking, eating and shopping for both. */
export const food = `
晚饭想吃什么？
想吃西红柿炒鸡蛋。
先放鸡蛋还是先放西红柿？
先炒鸡蛋，盛出来，再炒西红柿。

这道菜真好吃，叫什么？
叫麻婆豆腐，有点辣。
辣得我都出汗了，可是停不下来。
再来一碗米饭吧。

饺子包好了吗？
包了四十个，够我们三个人吃了。
我来烧水，水开了再下锅。
记得加三次凉水。

你会做蛋糕吗？
会，面粉、鸡蛋、糖和牛奶就够了。
要烤多久？
一百八十度，三十五分钟左右。

老板，苹果多少钱一斤？
五块钱一斤，很甜的。
来三斤，能便宜一点吗？
给你十四块吧，再送你一个橘子。

我不吃辣，有什么推荐？
清蒸鱼怎么样？又鲜又嫩。
好，再加一个青菜豆腐汤。

早饭你一般吃什么？
一个鸡蛋，一杯豆浆，有时候加一根油条。
听起来真香，明天我也这么吃。

汤是不是太咸了？
是有一点，加点热水就好。
现在呢？
刚刚好。

月饼你喜欢甜的还是咸的？
我喜欢豆沙的，我爸喜欢蛋黄的。
那买一盒混着的，谁也不吵架。

冰箱里还有什么？
半个西瓜，两根黄瓜，还有昨天的剩饭。
剩饭可以做蛋炒饭。
西瓜饭后再吃。

为什么切洋葱会流眼泪？
洋葱被切开时会放出一种刺激眼睛的气体。
有什么办法吗？
先放冰箱里冷一会儿，或者刀沾点水。

请问还有位子吗？
有，靠窗那张桌子正好空着。
太好了，先来一壶热水。

面条煮多久才好？
细的三分钟，宽的要六七分钟。
怎么知道熟了呢？
捞一根尝尝，中间没有白点就熟了。

我做的红烧肉糊了。
火太大了，下次小火慢慢炖。
那这锅怎么办？
上面的还能吃，我陪你吃。

What's for dinner?
Tomato soup and fresh bread.
May I cut the bread?
Yes, but leave some for the others.

This rice is perfect. How do you do it?
I wash it three times and then I leave it alone.
Leaving things alone is the hard part.

Could I have the menu, please?
Here you are. The dumplings are very good today.
Then I'll have twelve dumplings.
Twelve for two people?
No, twelve for me. She is not hungry.

Do you prefer apples or pears?
Pears, if they are soft. Apples, if they are not.

How much are the oranges?
Two for a dollar, or five for two dollars.
Five, please. I can do that sum.

I burnt the toast again.
Scrape it a little and add butter.
Butter fixes nearly everything.

What do you put in your salad?
Cucumber, tomatoes, olive oil and a little salt.
No cheese?
The cheese never lives long enough.

Is this soup spicy?
A little. Try a small spoon first.
Oh! Water, please.
Milk works better than water.

Can you teach me to make noodles?
Sure. Flour, water, salt and patience.
I have the first three.

Who ate the last biscuit?
It was dark, and nobody saw me.
`;
