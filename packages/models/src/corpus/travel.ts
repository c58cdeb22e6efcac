/** Trains, roads, maps and coming home. */
export const travel = `
请问火车站怎么走？
一直往前，过两个红绿灯，再往左拐。
要走多久？
十分钟左右，看见大钟就到了。

去杭州的票还有吗？
下午三点有一班，靠窗的只剩一张。
就要这张。
好，三号站台，别走错了。

你坐过飞机吗？
坐过一次，云在下面，像一大片棉花。
害怕吗？
起飞的时候有一点，后来就只顾着看窗外。

旅行的时候你一定会带什么？
一个小本子，一支铅笔。
不带相机吗？
画下来的地方，我记得更久。

我们是不是迷路了？
地图上说，前面应该有一座桥。
可是前面是一片油菜花。
那就先看花，再找桥。

海边好玩吗？
好玩，我捡了一口袋贝壳。
水冷不冷？
早上冷，下午就暖了。

这趟车几点到？
晚上八点一刻。
会晚点吗？
刚才广播说晚十分钟。

酒店有早饭吗？
有，七点到九点半，在二楼。
可以看见湖吗？
坐在窗边那张桌子就可以。

爬上长城了吗？
爬上去了，腿到现在还在抖。
值得吗？
站在上面看群山，什么都值得了。

你最想去哪里？
想去草原，躺下来看一整天的云。
我也想去，可是我怕马。
马也怕你，慢慢就熟了。

骑车去学校要多久？
十五分钟，下坡的时候只要十二分钟。
回家呢？
回家是上坡，要二十分钟。

行李超重了怎么办？
把厚衣服穿在身上。
现在我像一只熊。
一只要坐飞机的熊。

出去玩最开心的是什么？
出发前的那个晚上。
那最累的呢？
回来后的那个早上。

你的家乡是什么样子？
门前有条河，河上有座石桥，桥头有个卖糖的老人。
现在还在吗？
桥还在，河还在，糖换了人卖。

船什么时候开？
汽笛响三声就开。
刚才响了几声？
两声，快跑！

Excuse me, where is the station?
Go straight on, then turn left at the bakery.
How will I know the bakery?
Your nose will tell you.

One ticket to the coast, please.
Single or return?
Return. I have a cat at home.

Is this the train to Berlin?
No, this is the train to Prague.
Is Prague nice?
Very nice. But you should still change trains.

What did you bring back from your trip?
A stone, a stamp and a cold.

Are we lost?
Not lost. We are discovering.
Can we discover a map?

How do you travel so light?
Two shirts, one book, no worries.
And if it rains?
Then one shirt is wet.

Which seat would you like?
By the window, please. I want to count bridges.

The flight is two hours late.
Then we have time for the longest lunch of the year.

Have you ever seen the desert?
Once, at night. I have never heard so much quiet.

What is the best part of a journey?
When you open your own door again.
And the second best?
When you closed it.

How far is the next village?
An hour on foot, or ten minutes by tractor.
Do you have a tractor?
I have a friend with a tractor.

Where shall we go next year?
Somewhere that we can't pronounce.
`;
