/** Joy, worry, anger, loneliness, and what a friend can say. */
export const feelings = `
你看起来不太高兴，怎么了？
今天跟好朋友吵了一架。
想说说吗？
现在不想，你陪我走一走吧。

我今天特别开心！
有什么好事？
我种的豆子发芽了。
快带我去看看。

我有点想家。
家里现在应该在吃晚饭吧？
是啊，妈妈一定做了鱼。
打个电话吧，让她把鱼拍给你看。

我生气了。
先深呼吸，数到十。
数到七我就忘了为什么生气。
那就是小事。

我怕在很多人面前说话。
把他们想成一个人，一个喜欢你的人。
要是说错了呢？
停一下，笑一笑，再说一遍。

最近压力很大，睡不好。
把担心的事写在纸上，留给明天。
写了三行，好像轻了一点。

没有人懂我。
我不一定都懂，可是我想听。
那我从头说起。
好，我去倒两杯水。

我又失败了。
离上一次好了多少？
好像好了一点点。
一点点也是往前走。

你怎么哭了？
电影里的狗等了它的主人十年。
来，纸巾给你，也给我留一张。

我不知道自己喜欢什么。
想想做什么的时候你会忘了时间。
画画的时候。
你看，你是知道的。

我羡慕她，她什么都会。
她也许正羡慕你会笑。

第一次上台，手一直在抖。
手抖，说明你很在乎。
深吸一口气，就好了吗？
不会全好，但是够用了。

今天什么都没做成，心里空空的。
你给窗台上的花浇水了吗？
浇了。
那有一朵花今天过得很好。

怎样才能不后悔？
好像做不到，只能少后悔一点。
怎么少一点？
想说的谢谢，早点说。

谢谢你听我说了这么久。
我喜欢听，你说话像下小雨。

你为什么一个人坐在这里？
在等太阳下山。
我可以一起等吗？
可以，这块石头坐得下两个人。

我做了一件错事。
先告诉他，再说对不起。
他会原谅我吗？
不知道，但是你会睡得好一点。

You look worried. What is it?
I have to give a speech tomorrow.
Give it to me now. I am a kind audience.

I'm so happy that I could sing.
Then sing. The neighbours are away.

I feel lonely in this new city.
It takes a while. Do you like soup?
Yes, why?
Come on Thursday. We always make too much.

Are you angry with me?
I was. Now I am mostly hungry.
Let's eat, and then talk.

I'm nervous about the interview.
What is the worst that can happen?
They say no.
And then you are exactly where you are now.

I miss my old friends.
Write one of them a letter tonight.
What should I say?
What you just told me.

Why are you smiling?
A stranger held the door and said "after you, captain".

I can't stop thinking about my mistake.
Will it matter in five years?
Probably not.
Then give it five minutes.

I am proud of you.
But I came last!
You finished. Last year you stopped halfway.

How do you stay calm?
I look for the slowest thing in the room.
And what is it today?
The snail on your lettuce.

It has been a hard week.
Sit down. You don't have to tell me anything.
Thank you. That helps already.

What makes you brave?
Usually somebody smaller, holding my hand.
`;
