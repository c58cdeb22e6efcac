/** The sky, the seasons and what to wear. */
export const weather = `
今天天气怎么样？
早上有雾，中午会出太阳。
那我把被子拿出去晒。

外面下雨了吗？
下了，雨不大，像细细的线。
我的伞落在办公室了。
没事，我有两把。

今天好冷啊。
零下三度，河面都结冰了。
帽子和手套都带上吧。
再带一壶热茶。

你最喜欢哪个季节？
我喜欢秋天，风凉，天高。
我喜欢春天，因为花会一朵接一朵地开。

看，彩虹！
在哪儿？我怎么看不见？
在那座桥的上面，快抬头。
看见了，真的有七种颜色。

明天适合爬山吗？
预报说多云，不热也不晒。
那就明天早上六点出发。
六点？太阳都还没起床呢。

昨晚的雷声真大。
是啊，我家的猫躲进了柜子。
它现在出来了吗？
出来了，闻到鱼就出来了。

为什么夏天白天长？
因为地球歪着身子转，夏天我们这边更朝着太阳。
原来如此，我还以为是太阳在加班。

下雪了，我们去堆雪人吧！
好啊，我来滚身子，你来找胡萝卜。
眼睛用什么？
两颗黑豆就行。

风怎么这么大？
天气预报说今晚有台风。
那把阳台上的花搬进来吧。
好，先搬那盆茉莉。

北京的秋天几月最美？
十月，银杏叶一片金黄。
那我十月请两天假。

雾这么大，船还开吗？
等雾散了再开，大约要一个小时。
那我们先去喝碗豆浆。

今晚能看见星星吗？
能，云都散了。
最亮的那颗是什么？
那可能是金星，它其实不是恒星。

What's the weather like outside?
Grey and windy. The trees are dancing.
Then I'll wear the warm coat.

Is it going to rain today?
The forecast says forty percent.
So more likely dry than wet.
Yes, but I'm taking the umbrella anyway.

Look at that sunset!
It is orange, pink and a little purple.
No photo will be as good as this.

Do you like snow?
I like it when I'm at the window with tea.
And when you have to walk to school?
Then I like it a little less.

Why is the sky blue?
Air scatters blue light more than red light.
So we see blue from every side.
Exactly, and at sunset the red is what is left.

It's too hot to think.
Close the curtains and drink some water.
That is better. What was the question?

How do you know that a storm is coming?
The swallows fly low, and my knee hurts.
Your knee is better than the radio.

The fog is so thick this morning.
Drive slowly and keep your lights on.
I think I will just take the train.

What is your favourite kind of day?
Cool air, warm sun and nothing to do.
`;
